// Conditions that hold unless there is a bug. They stay on in release builds: an engine that would
// go on with broken books must stop instead. Costly ones use HOLDFAST_DCHECK (debug and asan).
#pragma once

namespace holdfast {

/// Prints file, line, the condition and what it means to standard error, then aborts.
[[noreturn]] void check_failed(const char* file, int line, const char* condition,
                               const char* meaning);

}  // namespace holdfast

#define HOLDFAST_CHECK(condition, meaning)                                   \
  do {                                                                       \
    if (!(condition)) [[unlikely]]                                           \
      ::holdfast::check_failed(__FILE__, __LINE__, #condition, meaning);     \
  } while (false)

#ifdef NDEBUG
#define HOLDFAST_DCHECK(condition, meaning) \
  do {                                      \
  } while (false)
#else
#define HOLDFAST_DCHECK(condition, meaning) HOLDFAST_CHECK(condition, meaning)
#endif

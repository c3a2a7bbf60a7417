// What stands for a peer whose client library was not there when this program was built.
#include "bench/peers/contender.h"

namespace holdfast::bench {

#ifndef HOLDFAST_HAVE_HIREDIS
ContenderResult start_redis(const ContenderOptions&) {
  return std::unexpected(
      "this holdfast-bench was built without hiredis: install libhiredis-dev and build again");
}
#endif

#ifndef HOLDFAST_HAVE_LIBPQ
ContenderResult start_postgresql(const ContenderOptions&) {
  return std::unexpected(
      "this holdfast-bench was built without libpq: install libpq-dev and build again");
}
#endif

}  // namespace holdfast::bench

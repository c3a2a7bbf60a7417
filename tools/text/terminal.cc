#include "tools/text/terminal.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <limits>

namespace holdfast::tools {

std::size_t terminal_columns() {
  winsize size{};
  // A terminal that does not know its width (a serial line, an editor's) tells 0.
  const bool is_known = ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0;
  return is_known ? size.ws_col : std::numeric_limits<std::size_t>::max();
}

}  // namespace holdfast::tools

// holdfast: the people's command line. See docs/command-line.md.
#include "tools/cli/cli.h"

int main(int argc, char** argv) { return holdfast::tools::run(argc, argv); }

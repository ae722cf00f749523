#include "compiler/driver/standard_input.h"

#include <sys/mman.h>
#include <unistd.h>

#include <array>

namespace dflow::compiler {

void keep_standard_input() {
  if (lseek(STDIN_FILENO, 0, SEEK_CUR) >= 0) return;
  const int file = memfd_create("dflowc-stdin", 0);
  if (file < 0) return;  // then the host compiler reads the pipe itself
  std::array<char, 65536> buffer;
  for (ssize_t size = 0; (size = read(STDIN_FILENO, buffer.data(), buffer.size())) > 0;) {
    for (ssize_t done = 0; done < size;) {
      const ssize_t wrote = write(file, buffer.data() + done, static_cast<std::size_t>(size - done));
      if (wrote < 0) break;
      done += wrote;
    }
  }
  lseek(file, 0, SEEK_SET);
  dup2(file, STDIN_FILENO);
  close(file);
}

}  // namespace dflow::compiler

// dflowc: a C++ compiler driver that knows dflow. See docs/dflowc.md.

#include <exception>
#include <iostream>
#include <string>
#include <vector>

#include "compiler/driver/driver.h"

int main(int argc, char** argv) {
  try {
    return dflow::compiler::drive(std::vector<std::string>(argv + 1, argv + argc),
                                  dflow::compiler::find_installation());
  } catch (const std::exception& error) {
    std::cerr << "dflowc: error: " << error.what() << "\n";
    return 1;
  }
}

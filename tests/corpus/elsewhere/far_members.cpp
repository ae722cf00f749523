#include "far_members.h"

void far::Growing::grow() { n_ += 2; }
void far::widen(Open& open) { open.count += 1; }

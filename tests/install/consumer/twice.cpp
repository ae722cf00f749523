// A source without dflow code in a target that dflowc compiles.
long twice(long x) { return x + x; }

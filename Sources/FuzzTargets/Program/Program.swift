// One program for all targets: which one it is follows from its name, fuzz-NAME, so `make fuzz-targets` gives it one name
// for each. Under its own name, fuzz, it lists them.
//
// All of it is in FuzzSupport; FuzzMutation mends inputs after libFuzzer's own changes.

import FuzzMutation
import FuzzSupport

// All of it is in FuzzSupport, by the program's name; FuzzMutation mends inputs after libFuzzer's own changes.

import FuzzMutation
import FuzzSupport

// All of it is in FuzzSupport, by the program's name.

import FuzzSupport

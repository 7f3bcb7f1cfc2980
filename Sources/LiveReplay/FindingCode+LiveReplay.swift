// What can be found in traces of live replay stores, and in their files.

import SessionFormats

extension FindingCode {
    /// An answer in a trace is not the one that had to come.
    public static let traceDifference = FindingCode("trace-difference")
}

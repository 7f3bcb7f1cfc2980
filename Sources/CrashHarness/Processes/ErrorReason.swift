// Why something could not be done, in words. Foundation has only a number for many of the system's reasons.

import Foundation
import SessionFormats

extension Error {
    /// A sentence with the file and the system's reason, where there are such.
    public var reason: String {
        switch self {
        case let error as FileSystemError: return error.description
        case let error as CocoaError:
            guard let system = error.underlying as? POSIXError, let path = error.filePath else {
                return error.localizedDescription
            }
            return FileSystemError(call: "use", path: path, errorNumber: system.code.rawValue).description
        default: return "\(self)"
        }
    }
}

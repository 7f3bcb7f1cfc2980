// swift-tools-version: 6.2
import PackageDescription

let package = Package(
    name: "CrashLab",
    products: [
        .library(name: "SessionFormats", targets: ["SessionFormats"]),
        .library(name: "CrashHarness", targets: ["CrashHarness"]),
        .executable(name: "crashlab", targets: ["crashlab"]),
    ],
    targets: [
        .target(name: "SessionFormats"),
        .target(name: "CrashHarness", dependencies: ["SessionFormats"]),
        .executableTarget(name: "crashlab", dependencies: ["SessionFormats", "CrashHarness"]),
        .testTarget(name: "SessionFormatsTests", dependencies: ["SessionFormats"]),
        .testTarget(name: "CrashHarnessTests", dependencies: ["CrashHarness", "SessionFormats"]),
        .testTarget(name: "CrashLabCommandTests", dependencies: ["crashlab", "CrashHarness"]),
    ],
    swiftLanguageModes: [.v6]
)

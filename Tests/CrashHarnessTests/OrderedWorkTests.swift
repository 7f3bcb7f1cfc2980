// Work on several threads whose results come in order.

import Foundation
import Testing

@testable import CrashHarness

@Suite("Ordered work")
struct OrderedWorkTests {
    @Test(arguments: [1, 2, 5])
    func `results come in order, each once, on any number of threads`(_ jobs: Int) {
        for count in [0, 1, 2, 100] {
            var seen: [Int] = []
            OrderedWork(jobs: jobs).run(count) {
                $0 * 3
            } consume: { index, result in
                #expect(result == index * 3)
                seen.append(index)
            }
            #expect(seen == Array(0..<count))
        }
    }

    @Test(arguments: [1, 2, 5])
    func `no thread is further ahead of the results than there is room for`(_ jobs: Int) {
        let lock = NSLock()
        nonisolated(unsafe) var (begun, most) = (0, 0)
        OrderedWork(jobs: jobs).run(1_000) { index in
            lock.withLock { begun += 1 }
            if index.isMultiple(of: 7) { usleep(100) }
        } consume: { index, _ in
            lock.withLock { most = max(most, begun - index) }
        }
        #expect((1...jobs * OrderedWork.window).contains(most))
    }
}

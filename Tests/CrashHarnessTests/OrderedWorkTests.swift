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

    @Test func `no more results are under way than there is room for, however slow the first is`() {
        let open = NSCondition()
        nonisolated(unsafe) var (begun, isOpen, most) = (0, false, 0)
        OrderedWork(jobs: 2).run(100) { index in
            open.withLock {
                begun += 1
                // The first waits until nobody else may begin; then all go on.
                if begun == 8 {
                    isOpen = true
                    open.broadcast()
                }
                while index == 0, !isOpen { open.wait() }
            }
        } consume: { index, _ in
            open.withLock { most = max(most, begun - index) }
        }
        #expect(most <= 8)
    }
}

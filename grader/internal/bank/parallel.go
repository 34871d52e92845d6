package bank

import (
	"context"
	"iter"
	"sync"
)

// inParallel calls f for each item, several at the same time, and yields the results in
// the order in which they are done. It ends early when the context ends, and does not
// yield interrupted results.
func inParallel[In, Out any](ctx context.Context, procs int, items []In, f func(context.Context, In) Out) iter.Seq[Out] {
	return func(yield func(Out) bool) {
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		due, done := make(chan In), make(chan Out)
		go func() {
			defer close(due)
			for _, item := range items {
				select {
				case due <- item:
				case <-ctx.Done():
					return
				}
			}
		}()
		var workers sync.WaitGroup
		for range procs {
			workers.Go(func() {
				for item := range due {
					out := f(ctx, item)
					if ctx.Err() != nil {
						return
					}
					done <- out
				}
			})
		}
		go func() {
			workers.Wait()
			close(done)
		}()
		stopped := false
		for out := range done {
			if !stopped && !yield(out) {
				stopped = true
				cancel()
			}
		}
	}
}

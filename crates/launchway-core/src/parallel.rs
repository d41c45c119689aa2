//! Work on many things at once. What comes out is in the order of the things, whatever finished first.

use std::num::NonZero;
use std::thread;

/// Below this number of things a thread costs more than it saves.
const LEAST: usize = 512;
const MAX_THREADS: usize = 8;

/// Does the same with every item, on as many threads as there are processors if the items are many.
pub(crate) fn map<'i, T: Sync, R: Send>(items: &'i [T], work: impl Fn(&'i T) -> R + Sync) -> Vec<R> {
    // A browser gives a module one thread.
    if items.len() < LEAST || cfg!(target_family = "wasm") {
        return items.iter().map(work).collect();
    }
    let threads = thread::available_parallelism().map_or(1, NonZero::get).min(MAX_THREADS);
    let work = &work;
    thread::scope(|scope| {
        let part = |items: &'i [T]| scope.spawn(move || items.iter().map(work).collect::<Vec<R>>());
        let parts: Vec<_> = items.chunks(items.len().div_ceil(threads)).map(part).collect();
        parts
            .into_iter()
            .flat_map(|part| part.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
            .collect()
    })
}

#[cfg(test)]
mod tests {
    use super::map;

    #[test]
    fn the_order_is_that_of_the_items_however_many_there_are() {
        for many in [0, 1, 511, 512, 1_001] {
            let items: Vec<usize> = (0..many).collect();
            assert_eq!(map(&items, |item| item * 2), items.iter().map(|item| item * 2).collect::<Vec<_>>());
        }
    }
}

//! How much of what could be tried is tried: a fixed sample in the usual run, all of it in `cargo xtask test --all`.

use std::env;
use std::sync::Mutex;
use std::thread;

/// Returns how many cases to try, or what other size to take.
pub(crate) fn size(usual: usize, whole: usize) -> usize {
    if is_whole() { whole } else { usual }
}

/// Takes one of so many cases in the usual run, always the same ones, beginning with the number `first`.
pub(crate) fn of<T>(cases: Vec<T>, first: usize, one_of: usize) -> Vec<T> {
    let (first, step) = (size(first, 0), size(one_of, 1));
    cases.into_iter().skip(first).step_by(step).collect()
}

/// Does something with every item, two at a time.
pub(crate) fn in_pairs<T: Send>(items: Vec<T>, work: impl Fn(T) + Sync) {
    let queue = Mutex::new(items);
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                loop {
                    let next = queue.lock().unwrap().pop();
                    let Some(item) = next else { return };
                    work(item);
                }
            });
        }
    });
}

/// Tells whether all is tried: in `cargo xtask test --all`.
pub(crate) fn is_whole() -> bool {
    env::var_os(xtask::WHOLE).is_some_and(|value| !value.is_empty())
}

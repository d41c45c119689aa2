//! The generator as WebAssembly, for the page of the portal.
//!
//! The page asks [`input`] for room, writes a call as JSON there, and runs [`call`], which says whether there is a result; then
//! [`output`] and [`length`] say where it stands: JSON, or the bytes of an archive. The module imports nothing: it has no disk, no
//! clock and no network.

use std::cell::{Cell, RefCell};

use launchway_portal::Portal;

thread_local! {
    static PORTAL: RefCell<Portal> = RefCell::new(Portal::builtin());
    static INPUT: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
    static OUTPUT: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
    static LENGTH: Cell<usize> = const { Cell::new(0) };
}

/// Makes room for a call of that many bytes, and returns where it is to be written.
#[expect(unsafe_code, reason = "a page finds an export by its name, and no other crate here has one of these")]
#[unsafe(no_mangle)]
pub extern "C" fn input(length: usize) -> *const u8 {
    INPUT.with_borrow_mut(|input| {
        *input = vec![0; length];
        input.as_ptr()
    })
}

/// Does what the input asks for, and returns 1 if the output is its result, or 0 if it says why there is none.
#[expect(unsafe_code, reason = "as above")]
#[unsafe(no_mangle)]
pub extern "C" fn call() -> u32 {
    let input = INPUT.take();
    let (is_result, output) = match PORTAL.with_borrow_mut(|portal| portal.call(&input)) {
        Ok(output) => (1, output),
        Err(fault) => (0, fault.to_json()),
    };
    LENGTH.set(output.len());
    OUTPUT.set(output);
    is_result
}

/// Returns where the output of the last call stands.
#[expect(unsafe_code, reason = "as above")]
#[unsafe(no_mangle)]
pub extern "C" fn output() -> *const u8 {
    OUTPUT.with_borrow(Vec::as_ptr)
}

/// Returns the length of the output.
#[expect(unsafe_code, reason = "as above")]
#[unsafe(no_mangle)]
pub extern "C" fn length() -> usize {
    LENGTH.get()
}

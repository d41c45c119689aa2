//! Inputs for the property tests: the seeds of the fuzz targets, changed again and again, the same on every machine.

/// A small generator of numbers; the same seed gives the same numbers.
struct Numbers(u64);

impl Numbers {
    /// The next number below `limit`.
    fn below(&mut self, limit: usize) -> usize {
        // xorshift64
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % (limit.max(1) as u64)).unwrap_or_default()
    }
}

/// Pieces that mean something to one of the readers.
const PIECES: &[&str] = &[
    "{{",
    "}}",
    "{{#if ",
    "{{/if}}",
    "{{> p}}",
    "\"",
    "'",
    "\n",
    "\r\n",
    "\0",
    "\u{1b}[2J",
    "\u{202e}",
    "..",
    "/",
    "//",
    "\\",
    ":",
    "::",
    "@",
    "-",
    "--",
    "[[",
    "]]",
    "[",
    "{",
    "&a ",
    "*a",
    "<<: ",
    "!!",
    "- ",
    "---\n",
    "${{",
    "%",
    "#",
    "=",
    ",",
    "CON",
    ".git",
    "é",
    "ﬁ",
    "\u{feff}",
    "9999999999999999999",
    "-1",
    "1e3",
    "null",
    "true",
];

/// Returns the seeds, and then inputs that are made of them.
pub fn mutations(seeds: &[Vec<u8>], count: usize) -> impl Iterator<Item = Vec<u8>> {
    let mut numbers = Numbers(0x9E37_79B9_7F4A_7C15);
    let mutated = (0..count).map(move |_| {
        let mut bytes = seeds.get(numbers.below(seeds.len())).cloned().unwrap_or_default();
        for _ in 0..=numbers.below(4) {
            change(&mut bytes, seeds, &mut numbers);
        }
        bytes
    });
    seeds.iter().cloned().chain(mutated)
}

fn change(bytes: &mut Vec<u8>, seeds: &[Vec<u8>], numbers: &mut Numbers) {
    let at = numbers.below(bytes.len() + 1);
    let end = at + numbers.below(bytes.len() - at + 1).min(40);
    match numbers.below(6) {
        0 => bytes.truncate(at),
        1 => drop(bytes.drain(at..end)),
        2 if at < bytes.len() => bytes[at] = u8::try_from(numbers.below(256)).unwrap_or_default(),
        3 => {
            let copy = bytes[at..end].to_vec();
            let times = 1 + numbers.below(20);
            drop(bytes.splice(at..at, copy.repeat(times)));
        }
        4 => {
            let other = &seeds[numbers.below(seeds.len())];
            let from = numbers.below(other.len() + 1);
            let piece = other[from..other.len().min(from + 60)].to_vec();
            drop(bytes.splice(at..end, piece));
        }
        _ => {
            let piece = PIECES[numbers.below(PIECES.len())].as_bytes().to_vec();
            drop(bytes.splice(at..at, piece));
        }
    }
}

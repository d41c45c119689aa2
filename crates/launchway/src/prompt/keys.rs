//! Keys, read one by one from the terminal's own bytes.

use crate::failure::{Exit, Failure};
use crate::interrupt::{self, Wake};

/// A key that was pressed, or a text that was pasted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Key {
    Char(char),
    Paste(String),
    Enter,
    Escape,
    Backspace,
    Delete,
    Left,
    Right,
    Up,
    Down,
    Home,
    End,
    PageUp,
    PageDown,
    Tab,
    /// Takes away all before the cursor.
    EraseLine,
    /// Takes away all after the cursor.
    EraseRest,
    /// Takes away the word before the cursor.
    EraseWord,
    /// Ends the input.
    EndOfInput,
    /// Nothing was pressed: the terminal has another size, or others have written to it.
    Woken(Wake),
    Other,
}

const PASTE: &[u8] = b"\x1b[200~";
const PASTED: &[u8] = b"\x1b[201~";

/// Reads the first key of some bytes, with the number of bytes that it takes; none while more must come. What looks
/// like a lone Esc is one if `is_all`.
fn decode(bytes: &[u8], is_all: bool) -> Option<(Key, usize)> {
    let key = |key| Some((key, 1));
    match *bytes.first()? {
        0x1b => escape(bytes, is_all),
        b'\r' | b'\n' => key(Key::Enter),
        0x7f | 0x08 => key(Key::Backspace),
        b'\t' => key(Key::Tab),
        0x01 => key(Key::Home),
        0x05 => key(Key::End),
        0x02 => key(Key::Left),
        0x06 => key(Key::Right),
        0x10 => key(Key::Up),
        0x0e => key(Key::Down),
        0x04 => key(Key::EndOfInput),
        0x0b => key(Key::EraseRest),
        0x15 => key(Key::EraseLine),
        0x17 => key(Key::EraseWord),
        byte if byte < 0x20 => key(Key::Other),
        byte => character(bytes, byte, is_all),
    }
}

fn character(bytes: &[u8], first: u8, is_all: bool) -> Option<(Key, usize)> {
    let length = match first {
        0xc2..=0xdf => 2,
        0xe0..=0xef => 3,
        0xf0..=0xf4 => 4,
        _ => 1,
    };
    let Some(encoded) = bytes.get(..length) else { return is_all.then_some((Key::Other, 1)) };
    let decoded = std::str::from_utf8(encoded).ok().and_then(|text| text.chars().next());
    // A byte that begins no character is passed over by itself.
    Some(decoded.map_or((Key::Other, 1), |character| (Key::Char(character), length)))
}

/// Reads what begins with Esc: the key itself, or the sequence of another key.
fn escape(bytes: &[u8], is_all: bool) -> Option<(Key, usize)> {
    if bytes.starts_with(PASTE) {
        return pasted(bytes);
    }
    match bytes.get(1) {
        None => is_all.then_some((Key::Escape, 1)),
        Some(b'[') => match bytes[2..].iter().position(|byte| (0x40..=0x7e).contains(byte)) {
            Some(end) => Some((sequence(&bytes[2..2 + end], bytes[2 + end]), 3 + end)),
            None => is_all.then_some((Key::Other, bytes.len())),
        },
        Some(b'O') => match bytes.get(2) {
            Some(last) => Some((sequence(b"", *last), 3)),
            None => is_all.then_some((Key::Other, 2)),
        },
        Some(0x1b) => Some((Key::Escape, 1)),
        Some(_) => Some((Key::Other, 2)),
    }
}

fn pasted(bytes: &[u8]) -> Option<(Key, usize)> {
    let rest = &bytes[PASTE.len()..];
    let end = rest.windows(PASTED.len()).position(|window| window == PASTED)?;
    let text = String::from_utf8_lossy(&rest[..end]).into_owned();
    Some((Key::Paste(text), PASTE.len() + end + PASTED.len()))
}

/// Names the key of a sequence, whatever else is held down with it.
fn sequence(parameters: &[u8], last: u8) -> Key {
    let number = parameters.split(|byte| *byte == b';').next().unwrap_or_default();
    match (last, number) {
        (b'A', _) => Key::Up,
        (b'B', _) => Key::Down,
        (b'C', _) => Key::Right,
        (b'D', _) => Key::Left,
        (b'H', _) | (b'~', b"1" | b"7") => Key::Home,
        (b'F', _) | (b'~', b"4" | b"8") => Key::End,
        (b'~', b"3") => Key::Delete,
        (b'~', b"5") => Key::PageUp,
        (b'~', b"6") => Key::PageDown,
        _ => Key::Other,
    }
}

/// The keys that were pressed and not yet used.
#[derive(Debug, Default)]
pub(super) struct Keys {
    bytes: Vec<u8>,
}

impl Keys {
    /// Drops what was pressed and not yet used.
    pub(super) fn forget(&mut self) {
        self.bytes.clear();
        let mut buffer = [0; 4096];
        while system::is_pressed() && system::read(&mut buffer).is_ok_and(|length| length > 0) {}
    }

    /// Tells whether a key has arrived that was not used yet.
    pub(super) fn has_next(&self) -> bool {
        decode(&self.bytes, false).is_some()
    }

    /// Waits for the next key. What has arrived is decoded first; only what could be a lone Esc is given some time.
    pub(super) fn next(&mut self) -> Result<Key, Failure> {
        loop {
            if let Some(key) = self.take(false) {
                return Ok(key);
            }
            match system::wait(self.is_perhaps_whole()) {
                system::Waited::Woken(wake) => return Ok(Key::Woken(wake)),
                system::Waited::ForNothing => {
                    if let Some(key) = self.take(true) {
                        return Ok(key);
                    }
                }
                system::Waited::ForInput => {
                    if let Some(end) = self.read()? {
                        return Ok(end);
                    }
                }
            }
        }
    }

    fn take(&mut self, is_all: bool) -> Option<Key> {
        let (key, length) = decode(&self.bytes, is_all)?;
        self.bytes.drain(..length);
        Some(key)
    }

    /// Tells whether what has arrived begins a sequence, or is Esc itself. A paste always has an end.
    fn is_perhaps_whole(&self) -> bool {
        self.bytes.first() == Some(&0x1b) && !self.bytes.starts_with(PASTE)
    }

    /// Reads what has arrived; returns the key that stands for the end of it.
    fn read(&mut self) -> Result<Option<Key>, Failure> {
        let mut buffer = [0; 4096];
        match system::read(&mut buffer) {
            Ok(0) => Ok(Some(Key::EndOfInput)),
            Ok(length) => {
                self.bytes.extend_from_slice(&buffer[..length]);
                Ok(None)
            }
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => Ok(None),
            Err(error) => Err(unreadable(&error)),
        }
    }
}

/// Waits until there is something to read.
pub(super) fn wait_for_input() {
    while !matches!(system::wait(false), system::Waited::ForInput) {}
}

/// Says that there is nothing to be read.
pub(super) fn unreadable(error: &std::io::Error) -> Failure {
    Failure::new(Exit::Io, format!("the terminal cannot be read: {error}"))
}

mod system {
    use rustix::event::{PollFd, PollFlags, Timespec, poll};

    use super::{Wake, interrupt};
    use crate::terminal::foreground;

    /// How long the rest of a key's sequence may take on a slow line.
    const PATIENCE: Timespec = Timespec { tv_sec: 0, tv_nsec: 40_000_000 };

    /// What came of waiting.
    pub(super) enum Waited {
        ForInput,
        Woken(Wake),
        /// The time was up.
        ForNothing,
    }

    pub(super) fn read(buffer: &mut [u8]) -> std::io::Result<usize> {
        Ok(rustix::io::read(std::io::stdin(), buffer)?)
    }

    /// Waits until there is something to read or to draw; not for ever, if the time may be up. What is typed for another
    /// program is not there to be read: whoever tries to in the background is stopped.
    pub(super) fn wait(has_end: bool) -> Waited {
        let stdin = std::io::stdin();
        loop {
            let waker = interrupt::waker();
            let mut awaited = vec![PollFd::new(&stdin, PollFlags::IN)];
            awaited.extend(waker.map(|waker| PollFd::new(waker, PollFlags::IN)));
            let ready = match poll(&mut awaited, has_end.then_some(&PATIENCE)) {
                Ok(ready) => ready,
                Err(rustix::io::Errno::INTR) => continue,
                // What is wrong with it is said by whoever reads.
                Err(_) => return Waited::ForInput,
            };
            if ready == 0 {
                return Waited::ForNothing;
            }
            if let Some(wake) = interrupt::woken() {
                return Waited::Woken(wake);
            }
            if awaited[0].revents().is_empty() {
                continue;
            }
            if !foreground::is_in_background() {
                return Waited::ForInput;
            }
            std::thread::sleep(foreground::PAUSE);
        }
    }

    /// Tells whether there is something to read.
    pub(super) fn is_pressed() -> bool {
        let stdin = std::io::stdin();
        let mut stdin = [PollFd::new(&stdin, PollFlags::IN)];
        let is_there = poll(&mut stdin, Some(&Timespec { tv_sec: 0, tv_nsec: 0 })).is_ok_and(|ready| ready > 0);
        is_there && !foreground::is_in_background()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(mut bytes: &[u8]) -> Vec<Key> {
        let mut keys = Vec::new();
        while let Some((key, length)) = decode(bytes, true) {
            keys.push(key);
            bytes = &bytes[length..];
        }
        keys
    }

    #[test]
    fn keys_are_told_from_their_bytes() {
        let arrows = all(b"\x1b[A\x1b[B\x1bOC\x1b[1;5D");
        assert_eq!(arrows, [Key::Up, Key::Down, Key::Right, Key::Left]);
        assert_eq!(all(b"\x1b[5~\x1b[6~\x1b[3~"), [Key::PageUp, Key::PageDown, Key::Delete]);
        assert_eq!(all("한é\r".as_bytes()), [Key::Char('한'), Key::Char('é'), Key::Enter]);
        assert_eq!(all(b"\x1b"), [Key::Escape]);
        assert_eq!(all(b"\x1b\x1b[A"), [Key::Escape, Key::Up]);
        assert_eq!(all(b"\xff\xe3a"), [Key::Other, Key::Other, Key::Char('a')]);
    }

    #[test]
    fn what_has_not_arrived_whole_is_waited_for() {
        for beginning in [&b"\x1b"[..], b"\x1b[", b"\x1b[1;", b"\xed\x95", b"\x1b[200~half"] {
            assert_eq!(decode(beginning, false), None, "{beginning:?}");
        }
    }

    #[test]
    fn a_pasted_text_is_one_key_whatever_is_in_it() {
        assert_eq!(all(b"\x1b[200~a\rb\x1b[A\x1b[201~c"), [Key::Paste("a\rb\x1b[A".to_owned()), Key::Char('c')]);
    }

    #[test]
    fn no_bytes_stop_the_reading() {
        let mut seed = 1_u32;
        let mut byte = || {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (seed >> 24).to_le_bytes()[0]
        };
        for _ in 0..2_000 {
            let bytes: Vec<u8> = (0..12).map(|_| if byte() < 60 { 0x1b } else { byte() }).collect();
            // An unfinished paste alone waits for its end.
            assert!(!all(&bytes).is_empty());
        }
    }
}

//! The two-set Hangul keyboard: a key that is pressed while it is on means the letter that is printed beside its jamo.

/// The jamo of the two-set layout, each with the letter of its key.
const KEYS: &str = "\
ㅂq ㅈw ㄷe ㄱr ㅅt ㅛy ㅕu ㅑi ㅐo ㅔp ㅁa ㄴs ㅇd ㄹf ㅎg ㅗh ㅓj ㅏk ㅣl ㅋz ㅌx ㅊc ㅍv ㅠb ㅜn ㅡm \
ㅃq ㅉw ㄸe ㄲr ㅆt ㅒo ㅖp ㅘh ㅙh ㅚh ㅝn ㅞn ㅟn ㅢm ㄳr ㄵs ㄶs ㄺf ㄻf ㄼf ㄽf ㄾf ㄿf ㅀf ㅄq";

/// The first consonants of syllables, in the order of Unicode.
const INITIALS: &str = "ㄱㄲㄴㄷㄸㄹㅁㅂㅃㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎ";
const FIRST_SYLLABLE: u32 = 0xac00;
const LAST_SYLLABLE: u32 = 0xd7a3;
/// How many syllables begin with the same consonant.
const SYLLABLES: u32 = 21 * 28;

/// Returns the letter of the key by which a jamo, or a syllable that begins with it, is typed; any other character as it is.
pub(super) fn letter(character: char) -> char {
    let jamo = match u32::from(character) {
        code @ FIRST_SYLLABLE..=LAST_SYLLABLE => {
            INITIALS.chars().nth(((code - FIRST_SYLLABLE) / SYLLABLES) as usize).unwrap_or(character)
        }
        _ => character,
    };
    let key = KEYS.split(' ').find_map(|key| key.strip_prefix(jamo));
    key.and_then(|letter| letter.chars().next()).unwrap_or(character)
}

/// Returns a line as it would be if the Hangul keyboard was off, as far as each of its keys is known.
pub(super) fn letters(line: &str) -> String {
    line.chars().map(letter).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_of_the_layout_is_known_by_its_jamo() {
        assert_eq!(letters("ㅂㅈㄷㄱㅅㅛㅕㅑㅐㅔ"), "qwertyuiop");
        assert_eq!(letters("ㅁㄴㅇㄹㅎㅗㅓㅏㅣ"), "asdfghjkl");
        assert_eq!(letters("ㅋㅌㅊㅍㅠㅜㅡ"), "zxcvbnm");
        assert_eq!(letters("ㅃㅉㄸㄲㅆㅒㅖ"), "qwertop", "with Shift");
    }

    #[test]
    fn what_the_keyboard_has_put_together_is_its_first_key() {
        assert_eq!(
            letters("데ㅘㄳ"),
            "ehr",
            "`e` and `p` make a syllable, `h` and `k` a vowel, `r` and `t` a consonant"
        );
        assert_eq!(letters("힣가"), "gr");
        assert_eq!(letters("y?1 é漢"), "y?1 é漢");
    }
}

//! Weights that are written as text: bytes in base64 or hexadecimal digits, and numbers in decimal ones.

use std::collections::BTreeSet;

/// Bytes that a text is another way to write of.
pub(super) struct Written {
    /// The first of them.
    pub(super) bytes: Vec<u8>,
    /// Whether the text is nothing else.
    pub(super) is_all: bool,
}

/// What a text has written in it: all of it, or the first long stretches.
pub(super) fn written(text: &[u8]) -> Vec<Written> {
    let all = |bytes| vec![Written { bytes, is_all: true }];
    if let Some(bytes) = lines(text, is_hex, HEX_KINDS).and_then(|digits| of_hex(&digits)) {
        return all(bytes);
    }
    if let Some(digits) = lines(text, is_base64, BASE64_KINDS) {
        return all(of_base64(&digits));
    }
    let listed = listed_bytes(text);
    let stretches = text.split(|byte| !is_base64(*byte)).filter(|run| run.len() >= LONG).take(STRETCHES);
    let parts = stretches.map(|run| of_hex(run).unwrap_or_else(|| of_base64(run)));
    parts
        .chain((listed.len() >= ENOUGH).then_some(listed))
        .map(|bytes| Written { bytes, is_all: false })
        .collect()
}

/// Whether a text is a table or list of numbers as weights are: long ones of both signs, none large, and hardly a
/// word between them. A first line of words is that of a table of data, and two to four numbers a line are places.
pub(super) fn is_weights(text: &[u8]) -> bool {
    let text = String::from_utf8_lossy(text);
    let mut lines = text.lines().map(tokens);
    let is_headed = lines.next().is_some_and(|mut names| {
        let columns = names.clone().count();
        let is_first = lines.next().is_some_and(|row| row.count() == columns);
        is_first && columns > 1 && names.all(|name| name.parse::<f64>().is_err())
    });
    let places = text.lines().take(SOME).filter(|line| (2..=4).contains(&tokens(line).count())).count();
    if is_headed || places == SOME {
        return false;
    }
    let mut counted = Counted::default();
    tokens(&text).for_each(|token| counted.add(token));
    counted.are_weights()
}

/// What stands between brackets, commas, quotes and spaces.
fn tokens(text: &str) -> impl Iterator<Item = &str> + Clone {
    let parts = text.split(|letter: char| letter.is_whitespace() || "[](){},;:\"'=|".contains(letter));
    // A dash alone is how YAML begins an entry.
    parts.filter(|part| !matches!(*part, "" | "-"))
}

#[derive(Default)]
struct Counted {
    words: usize,
    numbers: usize,
    long: usize,
    negative: usize,
    small: usize,
}

impl Counted {
    fn add(&mut self, token: &str) {
        let Some(number) = token.parse::<f64>().ok().filter(|number| number.is_finite()) else {
            self.words += 1;
            return;
        };
        let digits = token.split(['e', 'E']).next().unwrap_or_default().bytes().filter(u8::is_ascii_digit);
        self.numbers += 1;
        self.long +=
            usize::from(digits.skip_while(|digit| *digit == b'0').count() >= DIGITS && token.contains('.'));
        self.negative += usize::from(number < 0.0);
        self.small += usize::from(number.abs() < SMALL);
    }

    fn are_weights(&self) -> bool {
        let share = |part: usize| part as f64 / self.numbers as f64;
        self.numbers >= ENOUGH
            && self.words * 64 <= self.numbers
            && share(self.long) >= 0.8
            && (0.15..0.85).contains(&share(self.negative))
            && share(self.small) >= 0.95
    }
}

/// The digits of a text of nothing else, in one line or in lines of one length; none if they are of few kinds, as
/// those of a sequence of genes are, or of the length of digests.
fn lines(text: &[u8], is_digit: fn(u8) -> bool, kinds: usize) -> Option<Vec<u8>> {
    let lines: Vec<&[u8]> = text.trim_ascii().split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii).collect();
    let length = lines.first()?.len();
    let (last, whole) = lines.split_last()?;
    let alike = whole.iter().all(|line| line.len() == length) && last.len() <= length;
    let are_digests = lines.len() > 1 && DIGESTS.contains(&length);
    if !alike || are_digests || length < LINE || text.len() < LONG {
        return None;
    }
    let digits = lines.concat();
    let found: BTreeSet<u8> = digits.iter().copied().collect();
    (found.iter().all(|digit| is_digit(*digit)) && found.len() >= kinds).then_some(digits)
}

fn is_hex(byte: u8) -> bool {
    byte.is_ascii_hexdigit()
}

fn is_base64(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"+/-_=".contains(&byte)
}

/// Nothing if there is another letter.
fn of_hex(digits: &[u8]) -> Option<Vec<u8>> {
    let (pairs, _) = digits.as_chunks::<2>();
    pairs.iter().map(|[high, low]| Some(nibble(*high)? << 4 | nibble(*low)?)).collect()
}

fn nibble(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok())
}

/// As far as there are letters of it.
fn of_base64(digits: &[u8]) -> Vec<u8> {
    let value = |digit: &u8| match *digit {
        letter @ b'A'..=b'Z' => Some(u32::from(letter - b'A')),
        letter @ b'a'..=b'z' => Some(u32::from(letter - b'a') + 26),
        digit @ b'0'..=b'9' => Some(u32::from(digit - b'0') + 52),
        b'+' | b'-' => Some(62),
        b'/' | b'_' => Some(63),
        _ => None,
    };
    let values: Vec<u32> = digits.iter().map_while(value).collect();
    let four = |values: &[u32]| {
        let number = values.iter().fold(0, |number, value| number << 6 | value);
        let [_, bytes @ ..] = (number << (6 * (4 - values.len()))).to_be_bytes();
        bytes.into_iter().take(values.len() * 6 / 8).collect::<Vec<_>>()
    };
    values.chunks(4).flat_map(four).collect()
}

/// The bytes of a list such as `0x1c, 0x00` or `28, 0`, the first that is long; nothing if none is.
fn listed_bytes(text: &[u8]) -> Vec<u8> {
    let text = String::from_utf8_lossy(text);
    let byte = |token: &str| match token.strip_prefix("0x") {
        Some(digits) => u8::from_str_radix(digits, 16).ok(),
        None => token.parse().ok(),
    };
    let mut listed = Vec::new();
    for token in tokens(&text) {
        match byte(token) {
            Some(byte) => listed.push(byte),
            None if listed.len() >= ENOUGH => break,
            None => listed.clear(),
        }
    }
    listed
}

/// So many bytes or numbers are enough to tell.
const ENOUGH: usize = 256;
/// A stretch of digits of this length is no word, and shorter lines are none of a file of digits.
const LONG: usize = 1024;
const LINE: usize = 32;
/// So many stretches are looked into.
const STRETCHES: usize = 4;
/// So many lines tell whether there are places in them.
const SOME: usize = 64;
/// Kinds of digits that bytes have.
const HEX_KINDS: usize = 14;
const BASE64_KINDS: usize = 40;
/// How many hexadecimal digits digests have.
const DIGESTS: [usize; 6] = [32, 40, 56, 64, 96, 128];
/// Weights have so many digits at least, and are hardly ever as large.
const DIGITS: usize = 6;
const SMALL: f64 = 16.0;

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(count: usize) -> impl Iterator<Item = f64> {
        (0..count).map(|at| (at as f64 * 2.399_963).sin() * 0.731)
    }

    fn table(columns: usize, separator: &str) -> String {
        let numbers: Vec<String> = numbers(1024).map(|number| format!("{number:.7}")).collect();
        numbers.chunks(columns).map(|row| row.join(separator) + "\n").collect()
    }

    #[test]
    fn numbers_of_weights_are_told_from_those_of_data() {
        let joined = table(1024, ", ");
        for text in [
            table(32, ","),
            table(32, " "),
            table(1, ""),
            format!("{{\"fc.weight\": [[{}]], \"fc.bias\": [0.5]}}", joined.trim_end()),
            format!("import numpy as np\nW = np.array([{}])\n", joined.trim_end()),
            format!("fc:\n- - {}\n", table(1, "").trim_end().replace('\n', "\n  - ")),
        ] {
            assert!(is_weights(text.as_bytes()), "{text:.200}");
        }
        let names: Vec<String> = (0..32).map(|column| format!("mean{column}")).collect();
        let headed = names.join(",") + "\n" + &table(32, ",");
        let words: String = table(1, "").lines().map(|line| format!("the {line}\n")).collect();
        let positive = table(32, ",").replace('-', "");
        let short: String = numbers(1024).map(|number| format!("{number:.2},")).collect();
        let large: String = numbers(1024).map(|number| format!("{:.4},", number * 1000.0)).collect();
        for text in [headed, words, positive, short, large, table(3, " "), "0.123456 -0.5\n".into()] {
            assert!(!is_weights(text.as_bytes()), "{text:.200}");
        }
    }

    #[test]
    fn bytes_are_read_however_they_are_written() {
        let bytes: Vec<u8> = (0..3000_usize).map(|at| (at * at / 7 % 251) as u8).collect();
        let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        let decimal: Vec<String> = bytes.iter().map(u8::to_string).collect();
        let listed: String = bytes.iter().map(|byte| format!("0x{byte:02x}, ")).collect();
        let broken: String =
            hex.as_bytes().chunks(60).map(|line| String::from_utf8_lossy(line) + "\n").collect();
        let found = |text: &str| {
            written(text.as_bytes()).into_iter().map(|it| (it.bytes, it.is_all)).collect::<Vec<_>>()
        };
        assert_eq!(found(&hex), [(bytes.clone(), true)]);
        assert_eq!(found(&broken), [(bytes.clone(), true)]);
        assert_eq!(found(&format!("const model[] = {{{listed}}};")), [(bytes.clone(), false)]);
        assert_eq!(found(&format!("int n = 3; m[] = {{{}}}", decimal.join(","))), [(bytes.clone(), false)]);
        assert_eq!(found(&format!("{{\"w\": \"{hex}\"}}")), [(bytes, false)]);
        assert_eq!(of_base64(b"R0dVRgMAAAA="), b"GGUF\x03\0\0\0");
        assert_eq!(of_base64(b"_-8"), b"\xff\xef");
        let digests: String =
            hex.as_bytes().chunks(64).map(|line| String::from_utf8_lossy(line) + "\n").collect();
        for text in [digests, "ACGTACGGT".repeat(500), "word\n".repeat(500), "1415926535".repeat(500)] {
            assert!(found(&text).iter().all(|(_, is_all)| !is_all), "{text:.80}");
        }
    }
}

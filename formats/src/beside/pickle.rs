//! Pickles, told by their opcodes: those of protocols 0 and 1 have no sign at the beginning that says so.

/// Whether bytes that a file of `size` bytes begins with are those of a pickle.
pub(super) fn is_pickle(beginning: &[u8], size: u64) -> bool {
    // Protocols 2 to 5 say so; the opcode that says it may be given older ones.
    if matches!(beginning, [0x80, 0..=5, ..]) {
        return true;
    }
    let mut walk = Walk { bytes: beginning, at: 0, size, opcodes: 0, telling: 0 };
    match walk.runs_out() {
        // Text is hardly ever made of opcodes to its last letter.
        Some(true) => walk.opcodes >= 4 && walk.telling >= 2,
        // Cut off.
        Some(false) => walk.opcodes >= 24 && walk.telling >= 4,
        None => false,
    }
}

/// From opcode to opcode.
struct Walk<'b> {
    bytes: &'b [u8],
    at: usize,
    size: u64,
    opcodes: usize,
    /// Opcodes that make, fill or name something.
    telling: usize,
}

impl Walk<'_> {
    /// Whether the last opcode was reached, or else the end of what is known; `None` where no opcode is.
    fn runs_out(&mut self) -> Option<bool> {
        while let Some(opcode) = self.bytes.get(self.at).copied() {
            self.at += 1;
            self.opcodes += 1;
            if opcode == b'.' {
                // Behind it there may be a line end, or nothing.
                return (self.bytes.len() as u64 >= self.size && self.bytes.len() <= self.at + 2)
                    .then_some(true);
            }
            self.telling += usize::from(b"(]}lds}cq\x94pbeua0".contains(&opcode));
            if !self.argument(opcode)? {
                return Some(false);
            }
        }
        Some(false)
    }

    /// Whether the argument of an opcode ends within what is known; `None` if it is no opcode, or has none of its
    /// arguments.
    fn argument(&mut self, opcode: u8) -> Option<bool> {
        let skipped = match opcode {
            b'(' | b')' | b'0' | b'1' | b'2' | b']' | b'a' | b'b' | b'd' | b'e' | b'l' | b'o' | b'}' => 0,
            b's' | b't' | b'u' | b'N' | b'Q' | b'R' | 0x81 | 0x85..=0x89 | 0x8f..=0x94 | 0x97 | 0x98 => 0,
            b'K' | b'h' | b'q' | 0x80 | 0x82 => 1,
            b'M' | 0x83 => 2,
            b'J' | b'j' | b'r' | 0x84 => 4,
            b'G' | 0x95 => 8,
            b'T' | b'X' | b'B' | 0x8b => return self.counted(4),
            b'U' | b'C' | 0x8a | 0x8c => return self.counted(1),
            0x8d | 0x8e | 0x96 => return self.counted(8),
            b'c' | b'i' => return Some(self.line(is_module)? && self.line(is_module)?),
            b'g' | b'p' => return self.line(|line| line.iter().all(u8::is_ascii_digit)),
            b'I' | b'L' => return self.line(is_number),
            b'F' => {
                return self.line(|line| std::str::from_utf8(line).is_ok_and(|it| it.parse::<f64>().is_ok()));
            }
            b'S' => return self.line(|line| matches!(line, [b'\'', .., b'\''] | [b'"', .., b'"'])),
            b'P' | b'V' => return self.line(|_| true),
            _ => return None,
        };
        self.skip(skipped)
    }

    fn skip(&mut self, bytes: u64) -> Option<bool> {
        let end = (self.at as u64).checked_add(bytes).filter(|end| *end <= self.size)?;
        self.at = usize::try_from(end).ok()?;
        Some(self.at < self.bytes.len())
    }

    /// As many bytes as a number before them says.
    fn counted(&mut self, width: usize) -> Option<bool> {
        let Some(number) = self.bytes.get(self.at..self.at + width) else { return Some(false) };
        let count = number.iter().rev().fold(0_u64, |count, byte| (count << 8) | u64::from(*byte));
        self.skip(count.checked_add(width as u64)?)
    }

    fn line(&mut self, fits: impl Fn(&[u8]) -> bool) -> Option<bool> {
        let rest = self.bytes.get(self.at..)?;
        let Some(end) = rest.iter().position(|byte| *byte == b'\n') else { return Some(false) };
        if !rest.get(..end).is_some_and(|line| fits(line.strip_suffix(b"\r").unwrap_or(line))) {
            return None;
        }
        self.at += end + 1;
        Some(self.at < self.bytes.len())
    }
}

/// `collections`, `numpy.core.multiarray`, `OrderedDict`.
fn is_module(line: &[u8]) -> bool {
    let is_letter = |byte: &u8| byte.is_ascii_alphanumeric() || b"_.".contains(byte);
    !line.is_empty() && line.iter().all(is_letter)
}

fn is_number(line: &[u8]) -> bool {
    let digits = line.strip_suffix(b"L").unwrap_or(line);
    let digits = digits.strip_prefix(b"-").unwrap_or(digits);
    !digits.is_empty() && digits.iter().all(u8::is_ascii_digit)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known(bytes: &[u8]) -> bool {
        is_pickle(bytes, bytes.len() as u64)
    }

    #[test]
    fn every_protocol_is_known() {
        for bytes in [
            // `pickle.dumps({'w': [1.0, 2.0]}, protocol=0)`, and the same of protocol 1.
            &b"(dp0\nVw\np1\n(lp2\nF1.0\naF2.0\nas."[..],
            b"}q\0X\x01\0\0\0wq\x01]q\x02(G?\xf0\0\0\0\0\0\0G@\0\0\0\0\0\0\0es.",
            b"cnumpy.core.multiarray\n_reconstruct\np0\n(cnumpy\nndarray\np1\n(I0\ntp2\nS'b'\np3\ntp4\nRp5\n.",
            b"\x80\x04\x95",
            b"\x80\x02}q\0.",
            b"\x80\x00].",
        ] {
            assert!(known(bytes), "{bytes:?}");
        }
        let mut long = b"(lp0\n".to_vec();
        (0..20).for_each(|_| long.extend(b"F0.5\na"));
        assert!(is_pickle(&long, 1 << 20), "its end is not seen");
    }

    #[test]
    fn text_is_none() {
        for text in
            ["", ".", "N.", "(see below)\n", "a,b\n1,2\n", "class A:\n", "I am\n", "]\n", "Very\ngood."]
        {
            assert!(!known(text.as_bytes()), "{text}");
        }
    }
}

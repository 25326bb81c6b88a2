//! The beginning of what gzip and zlib have packed (RFC 1950 to 1952): enough to tell what it is.

/// The first bytes of what is packed, at most `most`; `None` if the bytes are not those of gzip or zlib.
pub(super) fn unpacked(packed: &[u8], most: usize) -> Option<Vec<u8>> {
    let body = gzip_body(packed).or_else(|| zlib_body(packed))?;
    let mut inflater = Inflater { bits: Bits { bytes: body, at: 0 }, out: Vec::new(), most };
    // Where it breaks off, or the bytes are no such stream, what was made so far tells.
    let _ = inflater.blocks();
    Some(inflater.out)
}

fn gzip_body(packed: &[u8]) -> Option<&[u8]> {
    let [0x1f, 0x8b, 8, flags, rest @ ..] = packed else { return None };
    let mut body = rest.get(6..)?;
    if flags & 4 != 0 {
        let (length, rest) = body.split_first_chunk::<2>()?;
        body = rest.get(usize::from(u16::from_le_bytes(*length))..)?;
    }
    // A name and a comment, each to its zero.
    for _ in 0..(flags >> 3 & 1) + (flags >> 4 & 1) {
        let end = body.iter().position(|byte| *byte == 0)?;
        body = body.get(end + 1..)?;
    }
    if flags & 2 != 0 { body.get(2..) } else { Some(body) }
}

fn zlib_body(packed: &[u8]) -> Option<&[u8]> {
    let [method @ (0x58 | 0x68 | 0x78), flags, body @ ..] = packed else { return None };
    let is_header = u16::from_be_bytes([*method, *flags]) % 31 == 0 && flags & 0x20 == 0;
    is_header.then_some(body)
}

struct Bits<'b> {
    bytes: &'b [u8],
    /// In bits.
    at: usize,
}

impl Bits<'_> {
    fn one(&mut self) -> Option<usize> {
        let byte = self.bytes.get(self.at / 8)?;
        let bit = byte >> (self.at % 8) & 1;
        self.at += 1;
        Some(usize::from(bit))
    }

    /// A number of so many bits, the lowest first.
    fn number(&mut self, bits: usize) -> Option<usize> {
        (0..bits).try_fold(0, |number, at| Some(number | self.one()? << at))
    }
}

/// A Huffman code: how many codes each length has, and the symbols in the order of their codes.
struct Code {
    counts: [usize; 16],
    symbols: Vec<usize>,
}

impl Code {
    fn of(lengths: &[usize]) -> Self {
        let mut counts = [0; 16];
        lengths.iter().filter(|length| **length > 0).for_each(|length| counts[*length & 15] += 1);
        let mut symbols: Vec<usize> = (0..lengths.len()).filter(|symbol| lengths[*symbol] > 0).collect();
        symbols.sort_by_key(|symbol| lengths[*symbol]);
        Self { counts, symbols }
    }

    fn next(&self, bits: &mut Bits<'_>) -> Option<usize> {
        let (mut code, mut first, mut index) = (0, 0, 0);
        for count in &self.counts[1..] {
            code |= bits.one()?;
            if code < first + count {
                return self.symbols.get(index + code - first).copied();
            }
            index += count;
            first = (first + count) << 1;
            code <<= 1;
        }
        None
    }
}

struct Inflater<'b> {
    bits: Bits<'b>,
    out: Vec<u8>,
    most: usize,
}

impl Inflater<'_> {
    fn blocks(&mut self) -> Option<()> {
        loop {
            let is_last = self.bits.one()? == 1;
            match self.bits.number(2)? {
                0 => self.stored()?,
                1 => {
                    let lengths: Vec<usize> = (0..288).map(fixed).collect();
                    self.coded(&Code::of(&lengths), &Code::of(&[5; 30]))?;
                }
                2 => {
                    let (literals, distances) = self.codes()?;
                    self.coded(&literals, &distances)?;
                }
                _ => return None,
            }
            if is_last || self.out.len() >= self.most {
                return Some(());
            }
        }
    }

    fn stored(&mut self) -> Option<()> {
        let start = self.bits.at.div_ceil(8);
        let (length, _) = self.bits.bytes.get(start..)?.split_first_chunk::<2>()?;
        let (start, length) = (start + 4, usize::from(u16::from_le_bytes(*length)));
        let rest = self.bits.bytes.get(start..)?;
        let room = self.most.saturating_sub(self.out.len());
        self.out.extend(rest.iter().take(length.min(room)));
        self.bits.at = (start + length) * 8;
        Some(())
    }

    /// The codes that a block brings along.
    fn codes(&mut self) -> Option<(Code, Code)> {
        let (literals, distances) = (self.bits.number(5)? + 257, self.bits.number(5)? + 1);
        let given = self.bits.number(4)? + 4;
        let mut lengths = [0; 19];
        for at in ORDER.iter().take(given) {
            lengths[*at] = self.bits.number(3)?;
        }
        let code = Code::of(&lengths);
        let mut lengths: Vec<usize> = Vec::new();
        while lengths.len() < literals + distances {
            let (length, times) = match code.next(&mut self.bits)? {
                16 => (*lengths.last()?, 3 + self.bits.number(2)?),
                17 => (0, 3 + self.bits.number(3)?),
                18 => (0, 11 + self.bits.number(7)?),
                length => (length, 1),
            };
            lengths.extend(std::iter::repeat_n(length, times));
        }
        let (literals, rest) = lengths.split_at(literals);
        Some((Code::of(literals), Code::of(rest.get(..distances)?)))
    }

    fn coded(&mut self, literals: &Code, distances: &Code) -> Option<()> {
        while self.out.len() < self.most {
            let symbol = literals.next(&mut self.bits)?;
            match symbol {
                0..256 => self.out.push(u8::try_from(symbol).ok()?),
                256 => return Some(()),
                _ => {
                    let (base, extra) = *LENGTHS.get(symbol - 257)?;
                    let length = base + self.bits.number(extra)?;
                    let symbol = distances.next(&mut self.bits)?;
                    let extra = (symbol / 2).saturating_sub(1);
                    let base = if symbol < 4 { symbol + 1 } else { ((2 + symbol % 2) << extra) + 1 };
                    let distance = base + self.bits.number(extra)?;
                    let start = self.out.len().checked_sub(distance)?;
                    (start..start + length).for_each(|at| self.out.push(self.out[at]));
                }
            }
        }
        Some(())
    }
}

/// The length of a symbol's code where the block brings none.
fn fixed(symbol: usize) -> usize {
    match symbol {
        0..144 => 8,
        144..256 => 9,
        256..280 => 7,
        _ => 8,
    }
}

const ORDER: [usize; 19] = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];

/// The shortest run of a symbol, and the bits behind it.
const LENGTHS: [(usize, usize); 29] = [
    (3, 0),
    (4, 0),
    (5, 0),
    (6, 0),
    (7, 0),
    (8, 0),
    (9, 0),
    (10, 0),
    (11, 1),
    (13, 1),
    (15, 1),
    (17, 1),
    (19, 2),
    (23, 2),
    (27, 2),
    (31, 2),
    (35, 3),
    (43, 3),
    (51, 3),
    (59, 3),
    (67, 4),
    (83, 4),
    (99, 4),
    (115, 4),
    (131, 5),
    (163, 5),
    (195, 5),
    (227, 5),
    (258, 0),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_block_is_read() {
        let words = b"the same words, the same words, and the same words again; ".repeat(4);
        // Python's `zlib` with `Z_FIXED`.
        let fixed = b"\x78\x01\x2b\xc9\x48\x55\x28\x4e\xcc\x4d\x55\x28\xcf\x2f\x4a\x29\xd6\x51\x28\x41\xe3\x27\xe6\xa5\xa0\x89\x29\x24\xa6\x27\x66\xe6\x59\x63\xa8\x1c\xdc\x3a\x01\x47\xe3\x51\xa1";
        assert_eq!(unpacked(fixed, 1000).unwrap(), words);
        assert_eq!(unpacked(fixed, 10).unwrap()[..10], words[..10]);
        // The same with codes of its own.
        let own = b"\x78\x01\x05\xc1\x01\x01\x80\x30\x00\x04\xa1\xac\xdc\xeb\x5c\xff\x04\x02\x00\x00\x00\x00\x40\x55\x55\x55\x55\xd5\xb6\x6d\xdb\xf6\xbc\xe7\xbb\x00\x00\x00\x00\x00\x55\x55\x55\x55\x55\xdb\xb6\x6d\xdb\xf3\x9e\xef\x02\x00\x00\x00\x00\x54\x55\x55\x55\x55\x6d\xdb\xb6\x6d\xcf\x7b\xbe\xfb\x03\xe7\x11\x56\x05";
        let letters = [&[b'a'; 40][..], &[b'b'; 20], &[b'c'; 10], b"defgh"].concat().repeat(3);
        assert_eq!(unpacked(own, 1000).unwrap(), letters);
        // A gzip file with a name and a stored block.
        let stored = b"\x1f\x8b\x08\x08\0\0\0\0\0\xffname\0\x01\x05\0\xfa\xffhello";
        assert_eq!(unpacked(stored, 1000).unwrap(), b"hello");
    }

    #[test]
    fn what_is_no_stream_gives_nothing() {
        assert_eq!(unpacked(b"PK\x03\x04", 100), None);
        assert_eq!(unpacked(b"x marks the spot", 100), None);
        for bad in
            [&b"\x1f\x8b\x08\0\0\0\0\0\0\xff\x07"[..], b"\x78\x9c\xff\xff", b"\x78\x9c\x04\xc0\x81\x08\0\0"]
        {
            assert_eq!(unpacked(bad, 100), Some(Vec::new()));
        }
    }
}

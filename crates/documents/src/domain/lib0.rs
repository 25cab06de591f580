//! The encoding of Yjs: what everything on the wire is made of.

/// Bytes that are read from their beginning.
///
/// Nothing here allocates more than the bytes that are there, whatever they say of themselves.
#[derive(Debug, Clone)]
pub(crate) struct Reader<'a> {
    rest: &'a [u8],
}

/// Bytes that are not what they should be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the bytes are not in the encoding of Yjs")]
pub(crate) struct Malformed;

/// How deep objects and arrays may be nested.
const MAX_DEPTH: usize = 16;

impl<'a> Reader<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    pub(crate) fn is_at_end(&self) -> bool {
        self.rest.is_empty()
    }

    pub(crate) fn byte(&mut self) -> Result<u8, Malformed> {
        let (first, rest) = self.rest.split_first().ok_or(Malformed)?;
        self.rest = rest;
        Ok(*first)
    }

    /// A number of at most 53 bits, as JavaScript counts.
    pub(crate) fn number(&mut self) -> Result<u64, Malformed> {
        let mut number = 0_u64;
        for shift in (0..56).step_by(7) {
            let byte = self.byte()?;
            number |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return if number >> 53 == 0 { Ok(number) } else { Err(Malformed) };
            }
        }
        Err(Malformed)
    }

    /// A number of at most 31 bits: a clock or a length.
    pub(crate) fn small(&mut self) -> Result<u32, Malformed> {
        let number = self.number()?;
        i32::try_from(number).map(i32::unsigned_abs).map_err(|_| Malformed)
    }

    /// How many things follow, each of which takes at least so many bytes.
    pub(crate) fn count(&mut self, bytes_each: usize) -> Result<usize, Malformed> {
        let count = usize::try_from(self.number()?).map_err(|_| Malformed)?;
        if count.saturating_mul(bytes_each) <= self.rest.len() { Ok(count) } else { Err(Malformed) }
    }

    pub(crate) fn take(&mut self, length: usize) -> Result<&'a [u8], Malformed> {
        let (taken, rest) = self.rest.split_at_checked(length).ok_or(Malformed)?;
        self.rest = rest;
        Ok(taken)
    }

    pub(crate) fn bytes(&mut self) -> Result<&'a [u8], Malformed> {
        let length = self.count(1)?;
        self.take(length)
    }

    pub(crate) fn text(&mut self) -> Result<&'a str, Malformed> {
        std::str::from_utf8(self.bytes()?).map_err(|_| Malformed)
    }

    /// Skips a value of any kind.
    pub(crate) fn skip_any(&mut self) -> Result<(), Malformed> {
        self.skip_any_within(MAX_DEPTH)
    }

    fn skip_any_within(&mut self, depth: usize) -> Result<(), Malformed> {
        let depth = depth.checked_sub(1).ok_or(Malformed)?;
        match self.byte()? {
            // Undefined, null, true and false.
            127 | 126 | 121 | 120 => Ok(()),
            125 => self.skip_signed(),
            124 => self.take(4).map(|_| ()),
            122 | 123 => self.take(8).map(|_| ()),
            119 => self.text().map(|_| ()),
            118 => {
                for _ in 0..self.count(2)? {
                    self.text()?;
                    self.skip_any_within(depth)?;
                }
                Ok(())
            }
            117 => {
                for _ in 0..self.count(1)? {
                    self.skip_any_within(depth)?;
                }
                Ok(())
            }
            116 => self.bytes().map(|_| ()),
            _ => Err(Malformed),
        }
    }

    /// Skips a number with a sign, of at most 62 bits.
    fn skip_signed(&mut self) -> Result<(), Malformed> {
        for _ in 0..9 {
            if self.byte()? & 0x80 == 0 {
                return Ok(());
            }
        }
        Err(Malformed)
    }
}

/// Appends a number.
pub(crate) fn write_number(bytes: &mut Vec<u8>, mut number: u64) {
    while number > 0x7f {
        bytes.push(number.to_le_bytes()[0] | 0x80);
        number >>= 7;
    }
    bytes.push(number.to_le_bytes()[0]);
}

/// Appends bytes and before them how many they are.
pub(crate) fn write_bytes(bytes: &mut Vec<u8>, of: &[u8]) {
    write_number(bytes, of.len() as u64);
    bytes.extend_from_slice(of);
}

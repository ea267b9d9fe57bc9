//! DER, element by element: what a token is made of, before any of it means something.
//!
//! The bytes of every element are kept, because hashes and signatures are over bytes and not over what a
//! parser would write again. Refused: indefinite and overlong lengths, bytes after the end, nesting deeper than
//! [`DEPTH`], more than [`ELEMENTS`] elements, and sets of more than [`SET`] elements, since parsers of names
//! sort those in quadratic time.

use der::asn1::AnyRef;
use der::oid::ObjectIdentifier;
use der::{Decode, Reader, SliceReader, Tag, Tagged};

use super::fault::TokenFault;

/// Levels of nesting of one document.
const DEPTH: usize = 32;
/// Elements of one document.
const ELEMENTS: usize = 8_192;
/// Elements of one set.
const SET: usize = 64;

/// Tags as they stand in the bytes.
pub(super) mod tag {
    pub(crate) const BOOLEAN: u8 = 0x01;
    pub(crate) const INTEGER: u8 = 0x02;
    pub(crate) const OCTETS: u8 = 0x04;
    pub(crate) const NULL: u8 = 0x05;
    pub(crate) const OBJECT: u8 = 0x06;
    pub(crate) const UTF8: u8 = 0x0c;
    pub(crate) const TIME: u8 = 0x18;
    pub(crate) const SEQUENCE: u8 = 0x30;
    pub(crate) const SET: u8 = 0x31;
    /// Context-specific, primitive.
    pub(crate) const fn primitive(number: u8) -> u8 {
        0x80 | number
    }
    /// Context-specific, constructed.
    pub(crate) const fn constructed(number: u8) -> u8 {
        0xa0 | number
    }
}

/// One element: its tag octet, its content, and all of its bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Element<'a> {
    pub(super) tag: u8,
    pub(super) value: &'a [u8],
    pub(super) whole: &'a [u8],
}

fn next<'a>(reader: &mut SliceReader<'a>) -> der::Result<Element<'a>> {
    let whole = reader.tlv_bytes()?;
    let any = AnyRef::from_der(whole)?;
    Ok(Element { tag: any.tag().octet(), value: any.value(), whole })
}

/// Reads the one element that `bytes` must be, and judges the shape of all that is in it.
pub(super) fn document<'a>(place: &'static str, bytes: &'a [u8]) -> Result<Element<'a>, TokenFault> {
    let broken =
        |error: der::Error| TokenFault::structure(place, format!("expected DER, found {}", error.kind()));
    let mut reader = SliceReader::new(bytes).map_err(broken)?;
    let root = next(&mut reader).map_err(broken)?;
    if !reader.is_finished() {
        let trailing = bytes.len() - root.whole.len();
        return Err(TokenFault::structure(
            place,
            format!("expected nothing after the end, found {trailing} bytes"),
        ));
    }
    let mut open = vec![(root, 1_usize)];
    let mut elements = 0_usize;
    while let Some((element, depth)) = open.pop() {
        if !Tag::try_from(element.tag).is_ok_and(Tag::is_constructed) {
            continue;
        }
        if depth >= DEPTH {
            return Err(TokenFault::structure(place, format!("expected at most {DEPTH} levels, found more")));
        }
        let mut reader = SliceReader::new(element.value).map_err(broken)?;
        let mut inside = 0_usize;
        while !reader.is_finished() {
            open.push((next(&mut reader).map_err(broken)?, depth + 1));
            inside += 1;
            elements += 1;
            if elements > ELEMENTS || (element.tag == tag::SET && inside > SET) {
                let most = if elements > ELEMENTS { ELEMENTS } else { SET };
                return Err(TokenFault::structure(
                    place,
                    format!("expected at most {most} elements, found more"),
                ));
            }
        }
    }
    Ok(root)
}

/// The elements of a constructed element, taken one after the other as its definition lists them.
#[derive(Debug, Clone)]
pub(super) struct Fields<'a> {
    place: &'static str,
    reader: SliceReader<'a>,
}

impl<'a> Fields<'a> {
    /// Opens `element`, which must carry `tag`; `place` names it in faults.
    pub(super) fn open(place: &'static str, element: Element<'a>, tag: u8) -> Result<Self, TokenFault> {
        if element.tag != tag {
            return Err(TokenFault::structure(place, expected_tag(tag, Some(element.tag))));
        }
        Self::inside(place, element.value)
    }

    /// Opens the content of an element whose tag was judged before.
    pub(super) fn inside(place: &'static str, value: &'a [u8]) -> Result<Self, TokenFault> {
        let reader = SliceReader::new(value)
            .map_err(|error| TokenFault::structure(place, error.kind().to_string()))?;
        Ok(Self { place, reader })
    }

    /// The next element, whatever it is; none at the end.
    pub(super) fn any(&mut self) -> Result<Option<Element<'a>>, TokenFault> {
        if self.reader.is_finished() {
            return Ok(None);
        }
        next(&mut self.reader)
            .map(Some)
            .map_err(|error| TokenFault::structure(self.place, error.kind().to_string()))
    }

    /// The next element if it carries `tag`.
    pub(super) fn optional(&mut self, tag: u8) -> Result<Option<Element<'a>>, TokenFault> {
        if self.reader.peek_byte() == Some(tag) { self.any() } else { Ok(None) }
    }

    /// The next element, which must carry `tag`.
    pub(super) fn required(&mut self, tag: u8) -> Result<Element<'a>, TokenFault> {
        match self.optional(tag)? {
            Some(element) => Ok(element),
            None => Err(TokenFault::structure(self.place, expected_tag(tag, self.reader.peek_byte()))),
        }
    }

    /// The next element, which must be an object identifier.
    pub(super) fn object(&mut self) -> Result<ObjectIdentifier, TokenFault> {
        let element = self.required(tag::OBJECT)?;
        ObjectIdentifier::from_bytes(element.value)
            .map_err(|_| TokenFault::structure(self.place, "expected an object identifier".to_owned()))
    }

    /// The next element, which must be an integer in its shortest form: the content, two's complement.
    pub(super) fn integer(&mut self) -> Result<&'a [u8], TokenFault> {
        let element = self.required(tag::INTEGER)?;
        shortest(element.value).ok_or_else(|| {
            TokenFault::structure(self.place, "expected an integer in its shortest form".to_owned())
        })
    }

    /// The next element, which must be the integer `version`.
    pub(super) fn version(&mut self, version: u8) -> Result<(), TokenFault> {
        let found = self.integer()?;
        if found == [version] {
            return Ok(());
        }
        let found = super::hexadecimal(found.get(..16).unwrap_or(found));
        Err(TokenFault::structure(self.place, format!("expected version {version}, found 0x{found}")))
    }

    /// Ends the list: nothing may be left.
    pub(super) fn end(self) -> Result<(), TokenFault> {
        match self.reader.peek_byte() {
            None => Ok(()),
            Some(found) => Err(TokenFault::structure(
                self.place,
                format!("expected the end, found an element 0x{found:02x}"),
            )),
        }
    }
}

fn shortest(value: &[u8]) -> Option<&[u8]> {
    match value {
        [] | [0x00, 0x00..=0x7f, ..] | [0xff, 0x80..=0xff, ..] => None,
        _ => Some(value),
    }
}

fn expected_tag(expected: u8, found: Option<u8>) -> String {
    match found {
        Some(found) => format!("expected an element 0x{expected:02x}, found 0x{found:02x}"),
        None => format!("expected an element 0x{expected:02x}, found the end"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_element_and_no_byte_more() {
        assert_eq!(document("x", &[0x30, 0x02, 0x05, 0x00]).unwrap().value, [0x05, 0x00]);
        for bytes in [
            &[][..],
            &[0x30],
            &[0x30, 0x01],
            &[0x30, 0x02, 0x05, 0x01],
            &[0x30, 0x00, 0x00],
            &[0x30, 0x81, 0x02, 0x05, 0x00],
            &[0x30, 0x80, 0x00, 0x00],
            &[0x1f, 0x81, 0x01, 0x00],
            &[0x30, 0x84, 0xff, 0xff, 0xff, 0xff],
            &[0x30, 0x89, 1, 1, 1, 1, 1, 1, 1, 1, 1],
        ] {
            assert!(document("x", bytes).is_err(), "{bytes:02x?}");
        }
    }

    #[test]
    fn nesting_and_numbers_have_limits() {
        let mut deep = Vec::new();
        for level in 0..40_u8 {
            deep.insert(0, level * 2);
            deep.insert(0, 0x30);
        }
        assert!(document("x", &deep).unwrap_err().to_string().contains("32 levels"));
        let mut wide = vec![0x31, 0x82, 0x01, 0x00];
        wide.extend([0x05, 0x00].repeat(128));
        assert!(document("x", &wide).unwrap_err().to_string().contains("64 elements"));
        wide[0] = 0x30;
        assert!(document("x", &wide).is_ok());
    }

    #[test]
    fn integers_are_in_their_shortest_form() {
        for (bytes, good) in [
            (&[0x02, 0x01, 0x00][..], true),
            (&[0x02, 0x02, 0x00, 0x80], true),
            (&[0x02, 0x02, 0x00, 0x7f], false),
            (&[0x02, 0x02, 0xff, 0x80], false),
            (&[0x02, 0x00], false),
        ] {
            assert_eq!(Fields::inside("x", bytes).unwrap().integer().is_ok(), good, "{bytes:02x?}");
        }
    }
}

//! Inflating one member: hashed and measured while it streams (F-12).
//!
//! A member counts only if its stream ends exactly at the end of its stored bytes, yields exactly
//! the declared size, and has the declared CRC-32. At most one byte more than declared is ever
//! produced, and the declared size itself was limited when the container was scanned.

use flate2::{Decompress, FlushDecompress, Status};

use super::container::{Member, Method};
use super::fault::ContainerFault;
use crate::digest::{Digest, Hasher};
use crate::finding::Code;

/// Bytes produced at a time: small enough to stay in the processor's cache while they are hashed.
const CHUNK: usize = 64 * 1024;

/// Inflates members one after the other with one set of buffers.
pub struct Inflater {
    decoder: Decompress,
    chunk: Vec<u8>,
}

impl Default for Inflater {
    fn default() -> Self {
        Self::new()
    }
}

impl Inflater {
    /// Buffers for one member at a time.
    #[must_use]
    pub fn new() -> Self {
        Self { decoder: Decompress::new(false), chunk: vec![0; CHUNK] }
    }

    /// Gives the member's bytes to `sink`, in order, at most 64 KiB at a time, and returns their
    /// digest. What `sink` has seen counts only if this returns `Ok`.
    pub fn inflate(
        &mut self,
        member: &Member<'_>,
        mut sink: impl FnMut(&[u8]),
    ) -> Result<Digest, ContainerFault> {
        let mut crc32 = crc32fast::Hasher::new();
        let mut sha256 = Hasher::new();
        let mut take = |bytes: &[u8]| {
            crc32.update(bytes);
            sha256.update(bytes);
            sink(bytes);
        };
        match member.method {
            Method::Stored => member.stored.chunks(CHUNK).for_each(take),
            Method::Deflated => self.deflated(member, &mut take)?,
        }
        let (digest, size) = sha256.finish();
        if size != member.size {
            return Err(sizes(member, size, "the member is shorter or longer than declared"));
        }
        let found = crc32.finalize();
        if found != member.crc32 {
            let (expected, found) = (format!("{:08x}", member.crc32), format!("{found:08x}"));
            let fault = ContainerFault::new(Code::PkgZipCrc, expected, found, "the CRC-32 is wrong");
            return Err(placed(fault, member));
        }
        Ok(digest)
    }

    /// Inflates the member into memory.
    pub fn read(&mut self, member: &Member<'_>) -> Result<(Vec<u8>, Digest), ContainerFault> {
        let mut bytes = Vec::new();
        let reserved = usize::try_from(member.size).is_ok_and(|size| bytes.try_reserve_exact(size).is_ok());
        if !reserved {
            let fault = ContainerFault::new(
                Code::PkgZipLimits,
                "a size that fits into memory",
                format!("{} bytes", member.size),
                "the member does not fit into memory",
            );
            return Err(placed(fault, member));
        }
        let digest = self.inflate(member, |chunk| bytes.extend_from_slice(chunk))?;
        Ok((bytes, digest))
    }

    fn deflated(&mut self, member: &Member<'_>, take: &mut impl FnMut(&[u8])) -> Result<(), ContainerFault> {
        self.decoder.reset(false);
        let mut rest = member.stored;
        let mut produced = 0_u64;
        loop {
            let room = usize::try_from(member.size - produced).map_or(CHUNK, |room| room.saturating_add(1));
            let output = self.chunk.get_mut(..room.min(CHUNK)).unwrap_or_default();
            let (before_in, before_out) = (self.decoder.total_in(), self.decoder.total_out());
            let status = self.decoder.decompress(rest, output, FlushDecompress::None).map_err(|_| {
                let fault = ContainerFault::new(
                    Code::PkgZipStruct,
                    "a Deflate stream (RFC 1951)",
                    format!("an error after {produced} inflated bytes"),
                    "the compressed bytes are damaged",
                );
                placed(fault, member)
            })?;
            let consumed = usize::try_from(self.decoder.total_in() - before_in).unwrap_or(usize::MAX);
            let yielded = usize::try_from(self.decoder.total_out() - before_out).unwrap_or(usize::MAX);
            rest = rest.get(consumed..).unwrap_or_default();
            produced += yielded as u64;
            if produced > member.size {
                return Err(sizes(member, produced, "the member inflates to more than declared"));
            }
            take(output.get(..yielded).unwrap_or_default());
            match status {
                Status::StreamEnd if rest.is_empty() => return Ok(()),
                Status::StreamEnd => {
                    let fault = ContainerFault::new(
                        Code::PkgZipSizes,
                        format!("the stream to fill {} stored bytes", member.stored.len()),
                        format!("{} bytes after its end", rest.len()),
                        "bytes follow the end of the compressed stream",
                    );
                    return Err(placed(fault, member));
                }
                Status::Ok | Status::BufError if consumed == 0 && yielded == 0 => {
                    return Err(sizes(member, produced, "the compressed stream is cut off"));
                }
                Status::Ok | Status::BufError => {}
            }
        }
    }
}

fn sizes(member: &Member<'_>, found: u64, message: &'static str) -> ContainerFault {
    let (expected, found) = (format!("{} bytes", member.size), format!("{found} bytes"));
    placed(ContainerFault::new(Code::PkgZipSizes, expected, found, message), member)
}

fn placed(fault: ContainerFault, member: &Member<'_>) -> ContainerFault {
    fault.of(member.name.as_str().as_bytes()).at(member.offset)
}

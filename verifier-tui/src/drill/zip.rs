//! A zip writer without scruples: any members in any order, with the header bytes of the format, so that an
//! attack on a container differs from real evidence in exactly the one thing it is about.

use verify_core::limits::Limits;
use verify_core::package::constants::{
    DATE, DEFLATED, DIRECTORY_SIGNATURE, END_SIGNATURE, EXTERNAL_ATTRIBUTES, FLAGS, LOCAL_SIGNATURE, MADE_BY,
    STORED, TIME, VERSION_NEEDED,
};
use verify_core::package::container::Method;
use verify_core::package::{PackageWriter, scan};

use super::forge::Obstacle;

/// One member as it lies in a zip.
#[derive(Debug, Clone)]
pub(super) struct Part {
    pub(super) name: Vec<u8>,
    pub(super) method: u16,
    pub(super) crc32: u32,
    pub(super) size: u32,
    pub(super) stored: Vec<u8>,
}

impl Part {
    /// The member's bytes deflated, under a name that need not be a path.
    pub(super) fn deflated(name: &str, bytes: &[u8]) -> Result<Self, Obstacle> {
        let limits = Limits { expansion: u64::MAX, ..Limits::default() };
        let mut writer = PackageWriter::new(&limits);
        writer.add("part", bytes)?;
        let mut zip = Vec::new();
        writer.finish(b"{}", b"", &mut zip)?;
        let part = parts(&zip, &limits)?.into_iter().find(|part| part.name == b"part");
        let lost = || Obstacle::Failed("a member that was packed cannot be found again".to_owned());
        Ok(Self { name: name.as_bytes().to_vec(), ..part.ok_or_else(lost)? })
    }

    fn header(&self) -> Result<Vec<u8>, Obstacle> {
        let mut header = Vec::new();
        for field in [VERSION_NEEDED, FLAGS, self.method, TIME, DATE] {
            header.extend(field.to_le_bytes());
        }
        for field in [self.crc32, narrow(self.stored.len())?, self.size] {
            header.extend(field.to_le_bytes());
        }
        header.extend(short(self.name.len())?.to_le_bytes());
        header.extend(0_u16.to_le_bytes());
        Ok(header)
    }

    /// Local header, name and stored bytes.
    fn local(&self) -> Result<Vec<u8>, Obstacle> {
        Ok([&LOCAL_SIGNATURE.to_le_bytes()[..], &self.header()?, &self.name, &self.stored].concat())
    }

    fn entry(&self, offset: usize) -> Result<Vec<u8>, Obstacle> {
        let (made_by, attributes) = (MADE_BY.to_le_bytes(), EXTERNAL_ATTRIBUTES.to_le_bytes());
        let offset = narrow(offset)?.to_le_bytes();
        let signature = DIRECTORY_SIGNATURE.to_le_bytes();
        let header = self.header()?;
        Ok([&signature[..], &made_by, &header, &[0; 6], &attributes, &offset, &self.name].concat())
    }
}

/// The members of an accepted container.
pub(super) fn parts(bytes: &[u8], limits: &Limits) -> Result<Vec<Part>, Obstacle> {
    let refused = |_| Obstacle::Absent("the container of the package is not accepted as it is".to_owned());
    let container = scan(bytes, limits).map_err(refused)?;
    container
        .members()
        .iter()
        .map(|member| {
            Ok(Part {
                name: member.name().as_str().as_bytes().to_vec(),
                method: if member.method() == Method::Stored { STORED } else { DEFLATED },
                crc32: member.crc32(),
                size: u32::try_from(member.size()).map_err(|_| too_large())?,
                stored: member.stored().to_vec(),
            })
        })
        .collect()
}

/// A zip of these members; `listed` is what the directory says of each, and may leave members out.
pub(super) fn zip(
    parts: &[Part],
    listed: impl Fn(usize, &Part) -> Option<Part>,
) -> Result<Vec<u8>, Obstacle> {
    let (mut zip, mut directory, mut entries) = (Vec::new(), Vec::new(), 0_u16);
    for (index, part) in parts.iter().enumerate() {
        if let Some(listed) = listed(index, part) {
            directory.extend(listed.entry(zip.len())?);
            entries = entries.saturating_add(1);
        }
        zip.extend(part.local()?);
    }
    let (start, length) = (narrow(zip.len())?, narrow(directory.len())?);
    zip.extend(directory);
    zip.extend(END_SIGNATURE.to_le_bytes());
    zip.extend([0; 4]);
    zip.extend(entries.to_le_bytes());
    zip.extend(entries.to_le_bytes());
    zip.extend(length.to_le_bytes());
    zip.extend(start.to_le_bytes());
    zip.extend([0; 2]);
    Ok(zip)
}

/// As [`zip`], with a directory that tells the truth.
pub(super) fn honest(parts: &[Part]) -> Result<Vec<u8>, Obstacle> {
    zip(parts, |_, part| Some(part.clone()))
}

fn too_large() -> Obstacle {
    Obstacle::Absent("the package is too large to be taken apart".to_owned())
}

fn narrow(value: usize) -> Result<u32, Obstacle> {
    u32::try_from(value).map_err(|_| too_large())
}

fn short(value: usize) -> Result<u16, Obstacle> {
    u16::try_from(value).map_err(|_| too_large())
}

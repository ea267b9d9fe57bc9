//! A zip writer that can lie about everything. It shares no code with the real writer.

use std::io::Write;

/// One member: its local header, its data and its directory entry, each free to disagree.
#[derive(Clone)]
pub(crate) struct Part {
    /// Bytes that precede the local header.
    pub(crate) before: Vec<u8>,
    pub(crate) local: Option<Head>,
    pub(crate) data: Vec<u8>,
    /// Bytes between the data and the next part.
    pub(crate) after: Vec<u8>,
    pub(crate) central: Option<Head>,
    /// The part whose local header the directory entry names, if not its own.
    pub(crate) points_to: Option<usize>,
}

/// The fields of a header; the last six stand in the directory only.
#[derive(Clone)]
pub(crate) struct Head {
    pub(crate) version: u16,
    pub(crate) flags: u16,
    pub(crate) method: u16,
    pub(crate) time: u16,
    pub(crate) date: u16,
    pub(crate) crc: u32,
    pub(crate) stored_size: u32,
    pub(crate) size: u32,
    pub(crate) name: Vec<u8>,
    pub(crate) extra: Vec<u8>,
    pub(crate) made_by: u16,
    pub(crate) comment: Vec<u8>,
    pub(crate) disk: u16,
    pub(crate) internal: u16,
    pub(crate) external: u32,
    pub(crate) offset: Option<u32>,
}

/// A whole package.
#[derive(Clone)]
pub(crate) struct Zip {
    pub(crate) prefix: Vec<u8>,
    /// True if the offsets count from the start of the file, false if from the first member.
    pub(crate) offsets_count_prefix: bool,
    pub(crate) parts: Vec<Part>,
    pub(crate) before_directory: Vec<u8>,
    /// Indexes of the parts in the order of the directory.
    pub(crate) directory_order: Vec<usize>,
    pub(crate) after_directory: Vec<u8>,
    /// Disk, disk of the directory, entries on this disk, entries.
    pub(crate) counts: Option<[u16; 4]>,
    /// Added to the directory's size and offset.
    pub(crate) directory_lie: (u32, u32),
    pub(crate) comment: Vec<u8>,
    pub(crate) trailer: Vec<u8>,
}

pub(crate) fn deflate(bytes: &[u8], level: u32) -> Vec<u8> {
    let mut encoder = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::new(level));
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

impl Part {
    /// An honest member.
    pub(crate) fn new(name: &str, content: &[u8]) -> Self {
        let stored = matches!(name, "manifest.json" | "SHA256SUMS");
        let data = if stored { content.to_vec() } else { deflate(content, 6) };
        Self::of(name.as_bytes(), if stored { 0 } else { 8 }, content, data)
    }

    /// A member with any name and method, and `data` as its compressed form.
    pub(crate) fn of(name: &[u8], method: u16, content: &[u8], data: Vec<u8>) -> Self {
        let head = Head {
            version: 20,
            flags: 0,
            method,
            time: 0,
            date: 33,
            crc: crc32fast::hash(content),
            stored_size: u32::try_from(data.len()).unwrap(),
            size: u32::try_from(content.len()).unwrap(),
            name: name.to_vec(),
            extra: Vec::new(),
            made_by: 788,
            comment: Vec::new(),
            disk: 0,
            internal: 0,
            external: 2_175_008_768,
            offset: None,
        };
        Self {
            before: Vec::new(),
            local: Some(head.clone()),
            data,
            after: Vec::new(),
            central: Some(head),
            points_to: None,
        }
    }

    /// Changes local header and directory entry alike.
    pub(crate) fn both(&mut self, change: impl Fn(&mut Head)) {
        self.local.iter_mut().chain(&mut self.central).for_each(change);
    }

    pub(crate) fn local(&mut self) -> &mut Head {
        self.local.as_mut().unwrap()
    }

    pub(crate) fn central(&mut self) -> &mut Head {
        self.central.as_mut().unwrap()
    }
}

impl Head {
    fn append_common(&self, out: &mut Vec<u8>) {
        for field in [self.version, self.flags, self.method, self.time, self.date] {
            out.extend(field.to_le_bytes());
        }
        for field in [self.crc, self.stored_size, self.size] {
            out.extend(field.to_le_bytes());
        }
        for bytes in [&self.name, &self.extra] {
            out.extend(u16::try_from(bytes.len()).unwrap().to_le_bytes());
        }
    }
}

impl Zip {
    /// An honest package of `parts`.
    pub(crate) fn new(parts: Vec<Part>) -> Self {
        Self {
            prefix: Vec::new(),
            offsets_count_prefix: true,
            directory_order: (0..parts.len()).collect(),
            parts,
            before_directory: Vec::new(),
            after_directory: Vec::new(),
            counts: None,
            directory_lie: (0, 0),
            comment: Vec::new(),
            trailer: Vec::new(),
        }
    }

    /// Adds an honest part at the end of members and directory.
    pub(crate) fn push(&mut self, part: Part) -> &mut Part {
        self.directory_order.push(self.parts.len());
        self.parts.push(part);
        self.parts.last_mut().unwrap()
    }

    /// The bytes of the file.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        let mut out = self.prefix.clone();
        let base = if self.offsets_count_prefix { 0 } else { self.prefix.len() };
        let position = |out: &Vec<u8>| u32::try_from(out.len() - base).unwrap();
        let mut starts = Vec::new();
        for part in &self.parts {
            out.extend(&part.before);
            starts.push(position(&out));
            if let Some(head) = &part.local {
                out.extend(b"PK\x03\x04");
                head.append_common(&mut out);
                out.extend(&head.name);
                out.extend(&head.extra);
            }
            out.extend(&part.data);
            out.extend(&part.after);
        }
        out.extend(&self.before_directory);
        let directory = position(&out);
        let mut entries = 0;
        for index in &self.directory_order {
            let part = &self.parts[*index];
            let Some(head) = &part.central else { continue };
            entries += 1;
            out.extend(b"PK\x01\x02");
            out.extend(head.made_by.to_le_bytes());
            head.append_common(&mut out);
            out.extend(u16::try_from(head.comment.len()).unwrap().to_le_bytes());
            out.extend(head.disk.to_le_bytes());
            out.extend(head.internal.to_le_bytes());
            out.extend(head.external.to_le_bytes());
            let start = starts[part.points_to.unwrap_or(*index)];
            out.extend(head.offset.unwrap_or(start).to_le_bytes());
            for bytes in [&head.name, &head.extra, &head.comment] {
                out.extend(bytes);
            }
        }
        let size = position(&out) - directory;
        out.extend(&self.after_directory);
        out.extend(b"PK\x05\x06");
        for count in self.counts.unwrap_or([0, 0, entries, entries]) {
            out.extend(count.to_le_bytes());
        }
        out.extend(size.wrapping_add(self.directory_lie.0).to_le_bytes());
        out.extend(directory.wrapping_add(self.directory_lie.1).to_le_bytes());
        out.extend(u16::try_from(self.comment.len()).unwrap().to_le_bytes());
        out.extend(&self.comment);
        out.extend(&self.trailer);
        out
    }
}

//! The signed attributes: what ties the signature to the content and to the signer's certificate.
//!
//! RFC 5652, section 11 (content type, message digest), RFC 2634, section 5.4 (`ESSCertID`) and RFC 5816
//! (`ESSCertIDv2`). Refused: an attribute twice, one of the first two absent, no certificate id, and any of them
//! that says something else than the token. Attributes unknown here are signed too, and harmless.

use der::oid::ObjectIdentifier;

use super::asn1::{Element, Fields, tag};
use super::certificate::Certificate;
use super::fault::TokenFault;
use super::hash::{self, Hash};
use super::tst_info::algorithm_object;

const PLACE: &str = "SignedAttributes";
const CONTENT_TYPE: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.3");
const MESSAGE_DIGEST: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.4");
const SIGNING_CERTIFICATE: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.16.2.12");
const SIGNING_CERTIFICATE_V2: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.16.2.47");
const TST_INFO: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x10, 0x01, 0x04];

/// The attributes by their types, each with its one value.
pub(super) struct Attributes<'a>(Vec<(ObjectIdentifier, Element<'a>)>);

impl<'a> Attributes<'a> {
    /// Reads the content of the signed attributes.
    pub(super) fn read(value: &'a [u8]) -> Result<Self, TokenFault> {
        let mut list = Fields::inside(PLACE, value)?;
        let mut attributes: Vec<(ObjectIdentifier, Element<'a>)> = Vec::new();
        while let Some(element) = list.any()? {
            let mut fields = Fields::open(PLACE, element, tag::SEQUENCE)?;
            let object = fields.object()?;
            let values = fields.required(tag::SET)?;
            fields.end()?;
            let mut values = Fields::inside(PLACE, values.value)?;
            let value = values.any()?;
            let (Some(value), None) = (value, values.any()?) else {
                return Err(TokenFault::structure(
                    PLACE,
                    format!("expected one value of {object}, found another number"),
                ));
            };
            if attributes.iter().any(|(seen, _)| *seen == object) {
                return Err(TokenFault::structure(PLACE, format!("expected {object} once, found it again")));
            }
            attributes.push((object, value));
        }
        Ok(Self(attributes))
    }

    fn find(&self, object: ObjectIdentifier) -> Option<Element<'a>> {
        self.0.iter().find(|(found, _)| *found == object).map(|(_, value)| *value)
    }

    fn value(&self, name: &str, object: ObjectIdentifier, tag: u8) -> Result<&'a [u8], TokenFault> {
        match self.find(object) {
            Some(element) if element.tag == tag => Ok(element.value),
            Some(element) => Err(TokenFault::signature(format!(
                "expected the {name} as 0x{tag:02x}, found 0x{:02x}",
                element.tag
            ))),
            None => Err(TokenFault::signature(format!("expected the signed attribute {name}, found none"))),
        }
    }

    /// The attributes are of a `TSTInfo`, of this one, and of a signature by `signer`.
    pub(super) fn bind(
        &self,
        content: &[u8],
        hash: Hash,
        signer: &Certificate<'_>,
    ) -> Result<(), TokenFault> {
        if self.value("content type", CONTENT_TYPE, tag::OBJECT)? != TST_INFO {
            return Err(TokenFault::signature("expected the content type of TSTInfo, found another"));
        }
        if !hash.matches(content, self.value("message digest", MESSAGE_DIGEST, tag::OCTETS)?) {
            return Err(TokenFault::signature("expected the message digest of TSTInfo, found another"));
        }
        let old = self.find(SIGNING_CERTIFICATE);
        let new = self.find(SIGNING_CERTIFICATE_V2);
        if old.is_none() && new.is_none() {
            return Err(TokenFault::signature(
                "expected a signed certificate id (ESSCertID or ESSCertIDv2), found none",
            ));
        }
        if let Some(attribute) = old {
            names_signer(attribute, signer, |_| Ok(None))?;
        }
        if let Some(attribute) = new {
            names_signer(attribute, signer, |fields| match fields.optional(tag::SEQUENCE)? {
                None => Ok(Some(Hash::Sha256)),
                Some(algorithm) => {
                    let object = algorithm_object(algorithm)?;
                    Hash::of_object(object).map(Some).ok_or_else(|| {
                        TokenFault::signature(format!("expected a certificate id in SHA-2, found {object}"))
                    })
                }
            })?;
        }
        Ok(())
    }
}

/// The first certificate id of the attribute is the signer's. `hash` reads which digest it uses; none is SHA-1.
/// Further ids name the issuers the signer had in mind; the path is proven to a certificate of the reader instead.
fn names_signer<'a>(
    attribute: Element<'a>,
    signer: &Certificate<'_>,
    hash: impl FnOnce(&mut Fields<'a>) -> Result<Option<Hash>, TokenFault>,
) -> Result<(), TokenFault> {
    const PLACE: &str = "SigningCertificate";
    let mut fields = Fields::open(PLACE, attribute, tag::SEQUENCE)?;
    let ids = fields.required(tag::SEQUENCE)?;
    fields.optional(tag::SEQUENCE)?;
    fields.end()?;
    let mut fields =
        Fields::open(PLACE, Fields::inside(PLACE, ids.value)?.required(tag::SEQUENCE)?, tag::SEQUENCE)?;
    let hash = hash(&mut fields)?;
    let digest = fields.required(tag::OCTETS)?.value;
    let matches = match hash {
        Some(hash) => hash.matches(signer.bytes(), digest),
        None => hash::sha1_names(signer.bytes(), digest),
    };
    if !matches {
        return Err(TokenFault::signature(
            "expected the certificate id of the signer's certificate, found another",
        ));
    }
    if let Some(issuer_serial) = fields.optional(tag::SEQUENCE)? {
        let mut names = Fields::inside(PLACE, issuer_serial.value)?;
        let issuer = names.required(tag::SEQUENCE)?;
        let serial = names.integer()?;
        names.optional(0x03)?;
        names.end()?;
        // GeneralNames with one directoryName, [4] EXPLICIT Name.
        let mut names = Fields::inside(PLACE, issuer.value)?;
        let directory = names.required(tag::constructed(4))?;
        names.end()?;
        let name = Fields::inside(PLACE, directory.value)?.required(tag::SEQUENCE)?;
        if name.value != signer.issuer() || serial != signer.serial() {
            return Err(TokenFault::signature(
                "expected issuer and serial number of the signer's certificate, found others",
            ));
        }
    }
    fields.end()
}

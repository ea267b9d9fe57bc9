//! A time-stamp authority of OpenSSL in a temporary folder: root, intermediate if wanted, signer, `openssl ts`.
//!
//! Standard library and `openssl` on the path only, so any test crate can include it. A test that needs it fails
//! where `openssl` is missing. Nothing listens: an answer is made by a child process, and handed back as bytes.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::atomic::{AtomicU32, Ordering};

/// How an authority is set up. [`Plan::default`] is a plain one that every verifier accepts.
#[derive(Clone)]
pub(crate) struct Plan {
    /// Arguments of `openssl genpkey` for every key.
    pub(crate) key: &'static [&'static str],
    /// Digest of the signatures: `sha256`, `sha384`, `sha512`.
    pub(crate) digest: &'static str,
    /// Digest of the signed certificate id: `sha1` (RFC 2634) or `sha256` and on (RFC 5816).
    pub(crate) certificate_id: &'static str,
    /// Extensions of an intermediate issuer, if there is one.
    pub(crate) intermediate: Option<&'static str>,
    /// Extensions of the signer's certificate.
    pub(crate) signer: &'static str,
    /// First and last second of the root, and of the other certificates, as `openssl ca` takes them.
    pub(crate) root_valid: [&'static str; 2],
    pub(crate) valid: [&'static str; 2],
    /// Whether the token also carries the root, which OpenSSL puts where DER would not have it.
    pub(crate) with_root: bool,
    /// More lines of the `[tsa]` section.
    pub(crate) more: &'static str,
}

pub(crate) const P256: &[&str] = &["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"];
pub(crate) const P384: &[&str] = &["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-384"];
pub(crate) const RSA: &[&str] = &["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"];

/// Extensions of an issuer.
pub(crate) const ISSUER: &str = "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign\n";
/// Extensions of a signer of tokens.
pub(crate) const SIGNER: &str =
    "basicConstraints=CA:FALSE\nkeyUsage=critical,digitalSignature\nextendedKeyUsage=critical,timeStamping\n";

const LONG: [&str; 2] = ["20200101000000Z", "20450101000000Z"];

impl Default for Plan {
    fn default() -> Self {
        Self {
            key: P256,
            digest: "sha256",
            certificate_id: "sha256",
            intermediate: None,
            signer: SIGNER,
            root_valid: LONG,
            valid: LONG,
            with_root: false,
            more: "",
        }
    }
}

/// An authority that is up as long as this lives.
pub(crate) struct Authority {
    folder: PathBuf,
    plan: Plan,
}

impl Drop for Authority {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.folder);
    }
}

impl Authority {
    /// A plain authority.
    pub(crate) fn start() -> Self {
        Self::planned(Plan::default())
    }

    /// An authority after `plan`. All of them have the same names, and keys of their own.
    pub(crate) fn planned(plan: Plan) -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let folder = std::env::temp_dir().join(format!("authority-{}-{number}", std::process::id()));
        fs::create_dir(&folder).unwrap();
        let authority = Self { folder, plan };
        authority.write("index.txt", b"");
        authority.write("serial", b"1000\n");
        authority.write("ts-serial", b"01\n");
        authority.write("openssl.cnf", authority.configuration().as_bytes());
        authority.certify("root", "root", authority.plan.root_valid);
        if authority.plan.intermediate.is_some() {
            authority.certify("intermediate", "root", authority.plan.valid);
        }
        authority.certify("signer", authority.issuer_of_signer(), authority.plan.valid);
        // OpenSSL adds the signer's certificate on its own.
        let mut chain = Vec::new();
        if authority.plan.intermediate.is_some() {
            chain.extend(authority.read("intermediate.pem"));
        }
        if authority.plan.with_root {
            chain.extend(authority.read("root.pem"));
        }
        authority.write("chain.pem", &chain);
        authority
    }

    fn issuer_of_signer(&self) -> &'static str {
        if self.plan.intermediate.is_some() { "intermediate" } else { "root" }
    }

    fn configuration(&self) -> String {
        let Plan { digest, certificate_id, intermediate, signer, with_root, more, .. } = &self.plan;
        let certs = if intermediate.is_some() || *with_root { "certs=chain.pem\n" } else { "" };
        let intermediate = intermediate.unwrap_or_default();
        format!(
            "[req]\ndistinguished_name=dn\nprompt=no\n[dn]\nCN=x\n\
            [ca]\ndefault_ca=it\n[it]\ndatabase=index.txt\nserial=serial\nnew_certs_dir=.\n\
            default_md=sha256\npolicy=names\nunique_subject=no\n[names]\nO=optional\nCN=supplied\n\
            [root]\n{ISSUER}[intermediate]\n{intermediate}[signer]\n{signer}\n\
            [tsa]\ndefault_tsa=stamps\n[stamps]\nserial=ts-serial\nsigner_cert=signer.pem\nsigner_key=signer.key\n\
            {certs}signer_digest={digest}\ndefault_policy=1.2.3.4.1\n\
            digests=sha256,sha512\ness_cert_id_alg={certificate_id}\n{more}\n"
        )
    }

    /// Makes a key and a certificate by name, issued by another, or by itself if the names are equal.
    fn certify(&self, name: &str, issuer: &str, [from, to]: [&str; 2]) {
        let key = format!("{name}.key");
        self.openssl(&[&["genpkey", "-out", &key], self.plan.key].concat());
        let subject = format!("/O=Example Trust/CN=Time {name}");
        self.openssl(&[
            "req",
            "-new",
            "-config",
            "openssl.cnf",
            "-key",
            &key,
            "-subj",
            &subject,
            "-out",
            "csr",
        ]);
        self.issue(name, issuer, [from, to]);
    }

    /// Certifies the newest request once more, e.g. with the same serial number.
    fn issue(&self, name: &str, issuer: &str, [from, to]: [&str; 2]) {
        let (out, certificate, key) =
            (format!("{name}.pem"), format!("{issuer}.pem"), format!("{issuer}.key"));
        let mut arguments = vec![
            "ca",
            "-batch",
            "-notext",
            "-config",
            "openssl.cnf",
            "-in",
            "csr",
            "-out",
            &out,
            "-keyfile",
            &key,
        ];
        arguments.extend(["-extensions", name, "-startdate", from, "-enddate", to]);
        if name == issuer {
            arguments.push("-selfsign");
        } else {
            arguments.extend(["-cert", &certificate]);
        }
        self.openssl(&arguments);
    }

    /// Another certificate for the signer: same key, names and serial number, other end. Returns it in DER.
    pub(crate) fn twin_of_signer(&self, end: &str) -> Vec<u8> {
        let serial = self.openssl(&["x509", "-in", "signer.pem", "-noout", "-serial"]).stdout;
        let serial = String::from_utf8(serial).unwrap().trim().replace("serial=", "");
        let kept = self.read("signer.pem");
        self.write("serial", format!("{serial}\n").as_bytes());
        self.write("index.txt", b"");
        self.issue("signer", self.issuer_of_signer(), [self.plan.valid[0], end]);
        let twin = self.der("signer");
        self.write("signer.pem", &kept);
        twin
    }

    /// A certificate in PEM: `root`, `intermediate` or `signer`.
    pub(crate) fn pem(&self, name: &str) -> Vec<u8> {
        self.read(&format!("{name}.pem"))
    }

    /// A certificate in DER.
    pub(crate) fn der(&self, name: &str) -> Vec<u8> {
        self.openssl(&["x509", "-in", &format!("{name}.pem"), "-outform", "DER"]).stdout
    }

    /// A token over the SHA-256 digest `imprint`, requested as OpenSSL does.
    pub(crate) fn stamp(&self, imprint: &[u8; 32]) -> Vec<u8> {
        self.stamp_with(imprint, &["-cert"])
    }

    /// A token for a request with other options of `openssl ts -query`.
    pub(crate) fn stamp_with(&self, imprint: &[u8; 32], options: &[&str]) -> Vec<u8> {
        let hex = hex(imprint);
        let query = ["ts", "-query", "-config", "openssl.cnf", "-digest", &hex, "-sha256"];
        self.answer(&self.openssl(&[&query, options].concat()).stdout)
    }

    /// The answer to a request in DER: what an HTTP server of this authority would send.
    pub(crate) fn answer(&self, request: &[u8]) -> Vec<u8> {
        self.write("request.tsq", request);
        // A refusal is an answer too, so the exit code does not count.
        let _ = fs::remove_file(self.folder.join("response.tsr"));
        self.run(&[
            "ts",
            "-reply",
            "-config",
            "openssl.cnf",
            "-queryfile",
            "request.tsq",
            "-out",
            "response.tsr",
        ]);
        self.read("response.tsr")
    }

    /// A response that this authority's signer makes over `tst_info` with `openssl cms`, which asks no questions about
    /// the certificate. `options` as of `openssl cms -sign`, e.g. `-cades` for the certificate id.
    pub(crate) fn forge(&self, tst_info: &[u8], options: &[&str]) -> Vec<u8> {
        self.write("content", tst_info);
        let sign =
            ["cms", "-sign", "-binary", "-nodetach", "-nosmimecap", "-outform", "DER", "-in", "content"];
        let signer =
            ["-econtent_type", "1.2.840.113549.1.9.16.1.4", "-signer", "signer.pem", "-inkey", "signer.key"];
        let chain: &[&str] =
            if self.plan.intermediate.is_some() { &["-certfile", "intermediate.pem"] } else { &[] };
        let token = self.openssl(&[&sign, &signer[..], chain, options].concat()).stdout;
        let granted = [0x30, 0x03, 0x02, 0x01, 0x00];
        let body = [&granted[..], &token].concat();
        let length = u16::try_from(body.len()).unwrap().to_be_bytes();
        [&[0x30, 0x82], &length[..], &body].concat()
    }

    /// What `openssl ts -verify` says about a response over `imprint`, with the root of this authority.
    pub(crate) fn openssl_accepts(&self, response: &[u8], imprint: &[u8; 32]) -> bool {
        self.write("judged.tsr", response);
        let hex = hex(imprint);
        let output =
            self.run(&["ts", "-verify", "-digest", &hex, "-in", "judged.tsr", "-CAfile", "root.pem"]);
        let said = String::from_utf8_lossy(&output.stdout).contains("Verification: OK");
        assert_eq!(said, output.status.success(), "{output:?}");
        said
    }

    /// What `openssl ts -reply -text` reads in a response.
    pub(crate) fn openssl_text(&self, response: &[u8]) -> String {
        self.write("shown.tsr", response);
        String::from_utf8(self.openssl(&["ts", "-reply", "-in", "shown.tsr", "-text"]).stdout).unwrap()
    }

    fn run(&self, arguments: &[&str]) -> Output {
        Command::new("openssl")
            .args(arguments)
            .current_dir(&self.folder)
            .env("OPENSSL_CONF", "openssl.cnf")
            .output()
            .expect("openssl must be installed")
    }

    fn openssl(&self, arguments: &[&str]) -> Output {
        let output = self.run(arguments);
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        output
    }

    fn write(&self, name: &str, bytes: &[u8]) {
        fs::write(self.folder.join(name), bytes).unwrap();
    }

    fn read(&self, name: &str) -> Vec<u8> {
        fs::read(self.folder.join(name)).unwrap()
    }

    /// The folder with keys and certificates, e.g. for `-signer` of another authority.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

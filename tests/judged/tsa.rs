//! A time-stamping service of `openssl ts` in a folder: an authority, the service's key and certificates of
//! several kinds.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use tempfile::{TempDir, tempdir};

/// What the service's key is made with, the hash that it signs and the one that it names its certificate by.
#[derive(Clone, Copy)]
pub(crate) struct Kind {
    pub(crate) key: &'static str,
    pub(crate) hash: &'static str,
    pub(crate) certificate_hash: &'static str,
}

pub(crate) const ON_P256: Kind =
    Kind { key: "EC -pkeyopt ec_paramgen_curve:P-256", hash: "sha256", certificate_hash: "sha256" };
pub(crate) const ON_P384: Kind =
    Kind { key: "EC -pkeyopt ec_paramgen_curve:P-384", hash: "sha512", certificate_hash: "sha1" };
pub(crate) const WITH_RSA: Kind =
    Kind { key: "RSA -pkeyopt rsa_keygen_bits:3072", hash: "sha384", certificate_hash: "sha256" };

/// Certificates of the service's key, by how they differ from what they should be.
const CERTIFICATES: [(&str, &str, &str); 5] = [
    ("good", "365", "keyUsage=critical,digitalSignature\nextendedKeyUsage=critical,timeStamping"),
    ("expired", "-1", "extendedKeyUsage=critical,timeStamping"),
    ("plain", "365", "keyUsage=critical,digitalSignature"),
    ("more", "365", "extendedKeyUsage=critical,timeStamping,codeSigning"),
    ("uncritical", "365", "extendedKeyUsage=timeStamping"),
];

/// The service.
pub(crate) struct Service(TempDir);

impl Service {
    /// None where there is no openssl.
    pub(crate) fn new(kind: Kind) -> Option<Self> {
        Command::new("openssl").arg("version").output().ok()?;
        let service = Self(tempdir().unwrap());
        let Kind { key, hash, certificate_hash } = kind;
        let config = format!(
            "[tsa]\ndefault_tsa=it\n[it]\nserial=serial\nsigner_cert=good.pem\ncerts=root.pem\nsigner_key=tsa.key\n\
             signer_digest={hash}\ndefault_policy=1.2.3.4\ndigests=sha256\ness_cert_id_alg={certificate_hash}\n"
        );
        service.put("tsa.cnf", config.as_bytes());
        service.put("serial", b"01");
        service.openssl("genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out root.key");
        service.openssl("req -x509 -new -key root.key -out root.pem -days 3650 -subj /CN=Root");
        service.openssl(&format!("genpkey -algorithm {key} -out tsa.key"));
        service.openssl("req -new -key tsa.key -out tsa.csr -subj /CN=Service");
        for (name, days, extensions) in CERTIFICATES {
            service.put("extensions", extensions.as_bytes());
            service.openssl(&format!(
                "x509 -req -in tsa.csr -CA root.pem -CAkey root.key -CAcreateserial -out {name}.pem -days {days} -extfile extensions"
            ));
        }
        Some(service)
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub(crate) fn put(&self, name: &str, bytes: &[u8]) {
        fs::write(self.path(name), bytes).unwrap();
    }

    #[track_caller]
    pub(crate) fn openssl(&self, arguments: &str) {
        let (done, said) = self.try_openssl(arguments);
        assert!(done, "openssl {arguments}: {said}");
    }

    pub(crate) fn try_openssl(&self, arguments: &str) -> (bool, String) {
        let output = Command::new("openssl").args(arguments.split(' ')).current_dir(self.0.path()).output();
        let output = output.unwrap();
        let said = [output.stdout, output.stderr].concat();
        (output.status.success(), String::from_utf8_lossy(&said).into_owned())
    }

    /// Answers a request, with the certificate that it should have.
    pub(crate) fn answer(&self, request: &Path) -> PathBuf {
        fs::copy(request, self.path("request.tsq")).unwrap();
        self.openssl("ts -reply -config tsa.cnf -queryfile request.tsq -out answer.tsr");
        self.path("answer.tsr")
    }

    /// An answer that says what the last one says, changed, and is signed with another of the service's
    /// certificates.
    pub(crate) fn forge(&self, certificate: &str, change: impl FnOnce(&mut Vec<u8>)) -> PathBuf {
        self.openssl("ts -reply -config tsa.cnf -queryfile request.tsq -token_out -out token.der");
        self.openssl("cms -verify -noverify -inform DER -in token.der -out said.der");
        let mut said = fs::read(self.path("said.der")).unwrap();
        change(&mut said);
        self.put("said.der", &said);
        self.openssl(&format!(
            "cms -sign -cades -econtent_type 1.2.840.113549.1.9.16.1.4 -nodetach -binary -outform DER -md sha256 \
             -signer {certificate}.pem -inkey tsa.key -in said.der -out token.der"
        ));
        const GRANTED: [u8; 5] = [0x30, 3, 0x02, 1, 0];
        let body = [&GRANTED[..], &fs::read(self.path("token.der")).unwrap()].concat();
        let length = u16::try_from(body.len()).unwrap().to_be_bytes();
        self.put("answer.tsr", &[&[0x30, 0x82], &length[..], &body].concat());
        self.path("answer.tsr")
    }
}

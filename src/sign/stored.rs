//! The JSON of a Sigstore bundle v0.3, as far as it is taken: no members but the known ones.

use base64ct::{Base64, Encoding};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Refusal;
use crate::unambiguous;

pub(super) const PAYLOAD_TYPE: &str = "application/vnd.in-toto+json";
const MEDIA_TYPE: &str = "application/vnd.dev.sigstore.bundle.v0.3+json";
/// More time stamps of one signature are of no use.
const MAX_STAMPS: usize = 8;

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct Stored {
    media_type: String,
    pub(super) verification_material: Material,
    pub(super) dsse_envelope: Envelope,
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct Material {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) public_key: Option<Named>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) certificate: Option<Value>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) x509_certificate_chain: Option<Value>,
    #[serde(default)]
    tlog_entries: Vec<Value>,
    /// Says when the signature was there, and nothing about whose it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) timestamp_verification_data: Option<StampData>,
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Named {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) hint: Option<String>,
}

#[derive(Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct StampData {
    #[serde(default, rename = "rfc3161Timestamps")]
    stamps: Vec<StoredStamp>,
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct StoredStamp {
    signed_timestamp: String,
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct Envelope {
    pub(super) payload: String,
    pub(super) payload_type: String,
    pub(super) signatures: Vec<StoredSignature>,
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct StoredSignature {
    pub(super) sig: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) keyid: Option<String>,
}

impl Stored {
    pub(super) fn new(
        payload: String,
        signature: StoredSignature,
        hint: Option<String>,
        stamps: &[Vec<u8>],
    ) -> Self {
        let material = Material {
            public_key: Some(Named { hint }),
            certificate: None,
            x509_certificate_chain: None,
            tlog_entries: Vec::new(),
            timestamp_verification_data: None,
        };
        let envelope = Envelope { payload, payload_type: PAYLOAD_TYPE.into(), signatures: vec![signature] };
        let media_type = MEDIA_TYPE.into();
        let mut stored = Self { media_type, verification_material: material, dsse_envelope: envelope };
        stamps.iter().for_each(|stamp| stored.add_stamp(stamp));
        stored
    }

    pub(super) fn read(bytes: &[u8]) -> Result<Self, Refusal> {
        let json = unambiguous::parse(bytes).map_err(Refusal::Malformed)?;
        let stored = Self::deserialize(&json).map_err(|error| Refusal::Malformed(error.to_string()))?;
        require("media type", &stored.media_type, MEDIA_TYPE)?;
        require("payload type", &stored.dsse_envelope.payload_type, PAYLOAD_TYPE)?;
        Ok(stored)
    }

    pub(super) fn add_stamp(&mut self, stamp: &[u8]) {
        let data = self.verification_material.timestamp_verification_data.get_or_insert_default();
        data.stamps.push(StoredStamp { signed_timestamp: Base64::encode_string(stamp) });
    }

    /// The envelope alone.
    pub(super) fn envelope(&self) -> String {
        serde_json::to_string(&self.dsse_envelope).expect("strings and lists of them serialise")
    }

    /// One line of JSON.
    pub(super) fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = serde_json::to_vec(self).expect("strings and lists of them serialise");
        bytes.push(b'\n');
        bytes
    }
}

impl StampData {
    pub(super) fn read(self) -> Result<Vec<Vec<u8>>, Refusal> {
        if self.stamps.len() > MAX_STAMPS {
            return Err(Refusal::Malformed(format!("it has more than {MAX_STAMPS} time stamps")));
        }
        self.stamps.iter().map(|stamp| decoded("time stamp", &stamp.signed_timestamp)).collect()
    }
}

pub(super) fn decoded(what: &str, text: &str) -> Result<Vec<u8>, Refusal> {
    Base64::decode_vec(text).map_err(|_| Refusal::Malformed(format!("its {what} is not padded base64")))
}

fn require(what: &str, found: &str, expected: &str) -> Result<(), Refusal> {
    if found == expected {
        Ok(())
    } else {
        Err(Refusal::Malformed(format!("its {what} is `{found}`, expected `{expected}`")))
    }
}

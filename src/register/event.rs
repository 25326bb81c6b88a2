//! What can be entered: one event per line, in canonical JSON (RFC 8785). No event holds personal data: a
//! request is a salted digest of a record that its keeper may destroy, and so may be a label.

use declass_formats::Sha256Digest;
use serde::{Deserialize, Serialize};

use super::{
    by::{By, Entered},
    keys::Rotation,
    time::Time,
};
use crate::unambiguous;

/// Versions of events: the second has more kinds, and says who they are by. What the first can say is written as it
/// was, so that older versions of this tool read it.
const VERSIONS: [u8; 2] = [1, 2];
/// Longest line that is read or written, in bytes.
pub(super) const LONGEST_LINE: usize = 1 << 20;

/// What happened.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// The record of a request has grown, which makes another digest of it.
    Amended,
    /// A request was granted.
    Approved,
    /// Classes were removed, which made a new artifact.
    ClassRemoved,
    /// Somebody else answers for an entry, too.
    Countersigned,
    /// The time to answer a request was extended.
    Extended,
    /// Another key signs the register from now on.
    KeyRotated,
    /// An artifact was given to others.
    Released,
    /// A request was taken back, refused, or found to be none.
    RequestVoided,
    /// Somebody asked for a removal.
    Requested,
    /// The salt of a request's record was destroyed: nobody can link the two any more.
    SaltDestroyed,
    /// A released artifact has a successor.
    Superseded,
    /// An artifact passed verification.
    Verified,
    /// A released artifact is no longer given to others.
    Withdrawn,
}

impl Kind {
    /// All kinds, in the order of a request's life.
    pub const ALL: [Self; 13] = [
        Self::Requested,
        Self::Amended,
        Self::Extended,
        Self::Approved,
        Self::ClassRemoved,
        Self::Verified,
        Self::Released,
        Self::Superseded,
        Self::Withdrawn,
        Self::RequestVoided,
        Self::SaltDestroyed,
        Self::Countersigned,
        Self::KeyRotated,
    ];

    /// Its name in the register and on the command line.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Amended => "amended",
            Self::Approved => "approved",
            Self::ClassRemoved => "class-removed",
            Self::Countersigned => "countersigned",
            Self::Extended => "extended",
            Self::KeyRotated => "key-rotated",
            Self::Released => "released",
            Self::RequestVoided => "request-voided",
            Self::Requested => "requested",
            Self::SaltDestroyed => "salt-destroyed",
            Self::Superseded => "superseded",
            Self::Verified => "verified",
            Self::Withdrawn => "withdrawn",
        }
    }
}

/// An entry of the register.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct Event {
    v: u8,
    /// Its number, from 0 on.
    pub seq: u64,
    /// When it was entered, or happened, by the clock.
    pub time: Time,
    /// What happened.
    #[serde(flatten)]
    pub facts: Facts,
}

/// What an event says happened, and to what.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct Facts {
    /// What happened.
    pub event: Kind,
    /// Root digest of the released files.
    #[serde(default, with = "digest", skip_serializing_if = "Option::is_none")]
    pub artifact: Option<Sha256Digest>,
    /// Digest of the claim about them.
    #[serde(default, with = "digest", skip_serializing_if = "Option::is_none")]
    pub manifest: Option<Sha256Digest>,
    /// Commitment to the private record of the request.
    #[serde(default, with = "digest", skip_serializing_if = "Option::is_none")]
    pub request: Option<Sha256Digest>,
    /// Root digest of the files that replace the artifact.
    #[serde(default, with = "digest", skip_serializing_if = "Option::is_none")]
    pub successor: Option<Sha256Digest>,
    /// The removed classes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub classes: Vec<Class>,
    /// The keys.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rotation: Option<Box<Rotation>>,
    /// Who it is by.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<Box<By>>,
    /// The entry that it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub entry: Option<Box<Entered>>,
    /// Commitment to a private record of the event's own, such as the grounds of an approval; of `amended` the
    /// request's record as it is now.
    #[serde(default, with = "digest", skip_serializing_if = "Option::is_none")]
    pub record: Option<Sha256Digest>,
    /// SHA-256 of the signature over all released files.
    #[serde(default, with = "digest", skip_serializing_if = "Option::is_none")]
    pub signature: Option<Sha256Digest>,
}

/// A removed class of the input's label space.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Class {
    /// Its index.
    pub index: u32,
    /// Its label, if the model has labels and it may be known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// SHA-256 of the request's salt and the label, if it may not.
    #[serde(default, rename = "labelDigest", with = "digest", skip_serializing_if = "Option::is_none")]
    pub label_digest: Option<Sha256Digest>,
}

/// Whether an event has a field.
#[derive(Clone, Copy, Eq, PartialEq)]
enum Need {
    May,
    Must,
    No,
}

impl Facts {
    /// An event of a kind, as yet about nothing.
    #[must_use]
    pub fn new(event: Kind) -> Self {
        Self {
            event,
            artifact: None,
            manifest: None,
            request: None,
            successor: None,
            classes: Vec::new(),
            rotation: None,
            by: None,
            entry: None,
            record: None,
            signature: None,
        }
    }

    /// The first version of events that can say this.
    fn version(&self) -> u8 {
        let is_new =
            matches!(self.event, Kind::Amended | Kind::Countersigned | Kind::Extended | Kind::SaltDestroyed);
        let says_more =
            self.by.is_some() || self.entry.is_some() || self.record.is_some() || self.signature.is_some();
        VERSIONS[usize::from(is_new || says_more)]
    }

    /// Whether the event names what its kind must, and nothing that makes no sense with it.
    pub(super) fn check(&self) -> Result<(), String> {
        use Need::{May, Must, No};
        let [request, artifact, manifest, classes, successor] = match self.event {
            Kind::Requested | Kind::Approved | Kind::RequestVoided => [Must, No, No, No, No],
            Kind::Amended | Kind::Extended | Kind::SaltDestroyed => [Must, No, No, No, No],
            Kind::ClassRemoved => [May, Must, Must, May, No],
            Kind::Verified | Kind::Released => [May, Must, Must, No, No],
            Kind::Superseded => [May, Must, May, No, May],
            Kind::Withdrawn => [May, Must, May, No, No],
            Kind::Countersigned | Kind::KeyRotated => [No; 5],
        };
        let only = |kind| if self.event == kind { Must } else { No };
        let signature = if manifest == No { No } else { May };
        let by = if self.event == Kind::Countersigned { Must } else { May };
        let record = match self.event {
            Kind::Amended => Must,
            Kind::Countersigned | Kind::KeyRotated | Kind::SaltDestroyed => No,
            _ => May,
        };
        for (field, need, there) in [
            ("request", request, self.request.is_some()),
            ("artifact", artifact, self.artifact.is_some()),
            ("manifest", manifest, self.manifest.is_some()),
            ("classes", classes, !self.classes.is_empty()),
            ("successor", successor, self.successor.is_some()),
            ("rotation", only(Kind::KeyRotated), self.rotation.is_some()),
            ("entry", only(Kind::Countersigned), self.entry.is_some()),
            ("by", by, self.by.is_some()),
            ("record", record, self.record.is_some()),
            ("signature", signature, self.signature.is_some()),
        ] {
            let event = self.event.name();
            match need {
                Must if !there => return Err(format!("`{event}` names no {field}")),
                No if there => return Err(format!("`{event}` has no place for `{field}`")),
                _ => {}
            }
        }
        if self.successor.is_some() && self.successor == self.artifact {
            return Err("an artifact is its own successor".into());
        }
        if self.event == Kind::Countersigned && self.by.as_ref().is_none_or(|by| by.signature().is_none()) {
            return Err("a countersignature is signed, and this one is not".into());
        }
        if self.classes.iter().any(|class| class.label.is_some() && class.label_digest.is_some()) {
            return Err("a class has both a label and the digest of one".into());
        }
        if self.classes.is_sorted_by(|a, b| a.index < b.index) {
            Ok(())
        } else {
            Err("its classes are not in order".into())
        }
    }
}

impl Event {
    pub(super) fn new(seq: u64, time: Time, facts: Facts) -> Self {
        Self { v: facts.version(), seq, time, facts }
    }

    /// Reads a line; only the exact bytes that [`line`](Self::line) gives are an event.
    pub(super) fn read(line: &[u8]) -> Result<Self, String> {
        // Bytes that come out again as they went in can be read in one way only. What follows says why others are none.
        let read = serde_json::from_slice::<Self>(line).ok();
        let same = |event: &Self| event.v == event.facts.version() && event.line().is_ok_and(|it| it == line);
        if let Some(event) = read.filter(same) {
            event.facts.check()?;
            return Ok(event);
        }
        let json = unambiguous::parse(line)?;
        let event = Self::deserialize(&json).map_err(|error| error.to_string())?;
        let version = event.facts.version();
        if event.v != version {
            return Err(format!("it is an event of version {}, expected {version}", event.v));
        }
        if event.line()? != line {
            let canonical = serde_json_canonicalizer::to_vec(&json).is_ok_and(|bytes| bytes == line);
            let why = if canonical {
                "has fields or spellings of no event"
            } else {
                "is not canonical JSON (RFC 8785)"
            };
            return Err(format!("it {why}"));
        }
        event.facts.check()?;
        Ok(event)
    }

    /// The line of the register, without a line feed.
    pub(super) fn line(&self) -> Result<Vec<u8>, String> {
        serde_json_canonicalizer::to_vec(self).map_err(|error| error.to_string())
    }
}

/// Digests as `{"sha256": hexadecimal}`.
mod digest {
    use declass_formats::Sha256Digest;
    use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

    #[derive(Deserialize, Serialize)]
    struct Named {
        sha256: String,
    }

    pub(super) fn serialize<S: Serializer>(digest: &Option<Sha256Digest>, to: S) -> Result<S::Ok, S::Error> {
        digest.map(|digest| Named { sha256: digest.to_string() }).serialize(to)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Sha256Digest>, D::Error> {
        let Named { sha256 } = Named::deserialize(from)?;
        let digest = Sha256Digest::from_hexadecimal(&sha256);
        digest.map(Some).ok_or_else(|| D::Error::custom(format!("`{sha256}` is not a SHA-256 digest")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEX: &str = "0000000000000000000000000000000000000000000000000000000000000000";

    fn removed() -> String {
        format!(
            r#"{{"artifact":{{"sha256":"{HEX}"}},"classes":[{{"index":3,"label":"Käse"}},{{"index":5}}],"event":"class-removed","manifest":{{"sha256":"{HEX}"}},"seq":0,"time":"2026-11-01T10:00:00Z","v":1}}"#
        )
    }

    #[test]
    fn an_event_is_written_as_it_was_read() {
        let event = Event::read(removed().as_bytes()).unwrap();
        assert_eq!(event.facts.classes[0].label.as_deref(), Some("Käse"));
        assert_eq!(event.line().unwrap(), removed().as_bytes());
        let names: Vec<String> = Kind::ALL.iter().map(|kind| serde_json::to_string(kind).unwrap()).collect();
        assert_eq!(names, Kind::ALL.map(|kind| format!("\"{}\"", kind.name())));
    }

    #[test]
    fn whatever_else_a_line_is_it_is_no_event() {
        for (from, to, why) in [
            ("\"v\":1", "\"v\":2", "version 2"),
            ("\"v\":1", "\"v\":1.0", "floating point"),
            ("{\"art", "{ \"art", "canonical"),
            ("\"seq\":0", "\"seq\":0,\"seq\":0", "key `seq` is there twice"),
            ("\"seq\":0", "\"seq\":-1", "invalid value"),
            ("\"seq\":0,", "", "missing field"),
            ("\"seq\":0", "\"seq\":0,\"spy\":1", "no event"),
            ("{\"index\":5}", "{\"Index\":5,\"index\":5}", "no event"),
            ("ä", "\\u00e4", "canonical"),
            ("2026", "1026", "not a time"),
            ("class-removed", "class-added", "unknown variant"),
            ("\"index\":5", "\"index\":3", "not in order"),
            ("\"sha256\":\"0", "\"sha256\":\"g", "not a SHA-256"),
            ("\"sha256\":\"0000000", "\"sha256\":\"000000A", "no event"),
            ("class-removed", "requested", "names no request"),
            (",\"manifest\"", ",\"manifes\"", "no event"),
            ("}", "", "EOF"),
        ] {
            let line = removed().replacen(from, to, 1);
            assert_ne!(line, removed(), "{from}");
            let said = Event::read(line.as_bytes()).unwrap_err();
            assert!(said.contains(why), "{line}: {said}");
        }
        assert!(Event::read(&b"[".repeat(100_000)).is_err());
        assert!(Event::read(b"").is_err() && Event::read(b"null").is_err());
    }
}

//! Which event can follow which: a request is approved before it is acted on, an artifact verified before it
//! is released.

use std::collections::{BTreeMap, BTreeSet};

use declass_formats::Sha256Digest;

use super::event::{Facts, Kind};

/// How far a request is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Request {
    Approved,
    Asked,
    Voided,
}

/// How far an artifact is.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
enum Stage {
    Removed,
    Verified,
    Released,
    Superseded,
    Withdrawn,
}

/// Why an event makes no sense, and what would.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Senseless {
    pub(super) reason: String,
    pub(super) hint: &'static str,
}

/// The lives of all requests and artifacts. One artifact may serve several requests, each on its own.
#[derive(Clone, Debug, Default)]
pub(super) struct Lives {
    requests: BTreeMap<Sha256Digest, Request>,
    artifacts: BTreeMap<(Sha256Digest, Option<Sha256Digest>), Stage>,
    /// Requests with an artifact that was released.
    fulfilled: BTreeSet<Sha256Digest>,
    /// Later digests of records that have grown, and whose request they are of.
    amended: BTreeMap<Sha256Digest, Sha256Digest>,
    /// Requests whose time was extended.
    extended: BTreeSet<Sha256Digest>,
    /// Requests whose record nobody can link to them any more.
    unlinked: BTreeSet<Sha256Digest>,
}

impl Lives {
    /// Takes the next event if it makes sense after those before.
    pub(super) fn admit(&mut self, facts: &Facts) -> Result<(), Senseless> {
        match (facts.event, facts.request, facts.artifact) {
            (Kind::Requested, Some(request), _) => self.ask(request),
            (Kind::Approved, Some(request), _) => self.approve(request),
            (Kind::RequestVoided, Some(request), _) => self.void(request),
            (Kind::Amended, Some(request), _) => self.amend(request, facts.record),
            (Kind::Extended, Some(request), _) => self.extend(request),
            (Kind::SaltDestroyed, Some(request), _) => self.unlink(request),
            (Kind::ClassRemoved, request, Some(artifact)) => self.remove(artifact, request),
            (kind, request, Some(artifact)) => self.advance(kind, artifact, request),
            _ => Ok(()),
        }
    }

    /// The request that a digest of its record is of, be it the first one or one of an amended record.
    pub(super) fn request_of_record(&self, commitment: Sha256Digest) -> Sha256Digest {
        self.amended.get(&commitment).copied().unwrap_or(commitment)
    }

    /// The only request that an artifact serves.
    pub(super) fn request_of(&self, artifact: Sha256Digest) -> Result<Option<Sha256Digest>, Senseless> {
        let mut requests =
            self.artifacts.keys().filter(|(of, _)| *of == artifact).map(|(_, request)| *request);
        match (requests.next(), requests.next()) {
            (first, None) => Ok(first.flatten()),
            _ => no(
                format!("artifact {} serves more than one request", short(artifact)),
                "name the request by its record or by its commitment",
            ),
        }
    }

    /// In words: how many there are of each.
    pub(super) fn summary(&self) -> String {
        let released = self.artifacts.values().filter(|stage| **stage >= Stage::Released).count();
        let (requests, removals) = (self.requests.len(), self.artifacts.len());
        format!("requests: {requests}; removals: {removals}, of which were released: {released}")
    }

    fn ask(&mut self, request: Sha256Digest) -> Result<(), Senseless> {
        if self.requests.contains_key(&request) || self.amended.contains_key(&request) {
            return no(
                format!("request {} is already entered", short(request)),
                "`declass register list` shows it",
            );
        }
        self.requests.insert(request, Request::Asked);
        Ok(())
    }

    fn approve(&mut self, request: Sha256Digest) -> Result<(), Senseless> {
        match self.open_request(request)? {
            Request::Asked => {
                self.requests.insert(request, Request::Approved);
                Ok(())
            }
            _ => no(format!("request {} is already approved", short(request)), "enter `class-removed` next"),
        }
    }

    fn amend(&mut self, request: Sha256Digest, record: Option<Sha256Digest>) -> Result<(), Senseless> {
        self.open_request(request)?;
        let record = record.filter(|it| !self.requests.contains_key(it) && !self.amended.contains_key(it));
        let Some(record) = record else {
            return no(
                "the record is one that is entered already".to_owned(),
                "enter `amended` once its record has changed",
            );
        };
        self.amended.insert(record, request);
        Ok(())
    }

    fn extend(&mut self, request: Sha256Digest) -> Result<(), Senseless> {
        self.open_request(request)?;
        if self.fulfilled.contains(&request) || !self.extended.insert(request) {
            return no(
                format!("request {} was answered, or its time already extended", short(request)),
                "the time is extended once, and before the answer (GDPR 12(3))",
            );
        }
        Ok(())
    }

    fn unlink(&mut self, request: Sha256Digest) -> Result<(), Senseless> {
        let is_over = match self.requests.get(&request) {
            Some(state) => *state == Request::Voided || self.fulfilled.contains(&request),
            None => self.open_request(request).map(|_| false)?,
        };
        if !is_over {
            return no(
                format!("request {} is not answered yet", short(request)),
                "the salt is needed until the request is released or voided",
            );
        }
        if !self.unlinked.insert(request) {
            return no(format!("the salt of request {} is already destroyed", short(request)), "");
        }
        Ok(())
    }

    fn void(&mut self, request: Sha256Digest) -> Result<(), Senseless> {
        self.open_request(request)?;
        if self.fulfilled.contains(&request) {
            return no(
                format!("request {} was fulfilled: its artifact is released", short(request)),
                "enter `withdrawn` or `superseded` of the artifact",
            );
        }
        self.requests.insert(request, Request::Voided);
        Ok(())
    }

    fn remove(&mut self, artifact: Sha256Digest, request: Option<Sha256Digest>) -> Result<(), Senseless> {
        if let Some(request) = request
            && self.open_request(request)? != Request::Approved
        {
            return no(format!("request {} is not approved", short(request)), "enter `approved` first");
        }
        if self.artifacts.contains_key(&(artifact, request)) {
            return no(
                format!("artifact {} is already entered for this request", short(artifact)),
                "enter `verified` next",
            );
        }
        self.artifacts.insert((artifact, request), Stage::Removed);
        Ok(())
    }

    fn advance(
        &mut self,
        kind: Kind,
        artifact: Sha256Digest,
        request: Option<Sha256Digest>,
    ) -> Result<(), Senseless> {
        if let Some(request) = request {
            self.open_request(request)?;
        }
        let Some(stage) = self.artifacts.get_mut(&(artifact, request)) else {
            return no(
                format!("artifact {} has no `class-removed` for this request", short(artifact)),
                "enter `class-removed` first",
            );
        };
        let (event, is) = (kind.name(), format!("{stage:?}").to_lowercase());
        *stage = match (kind, *stage) {
            // Verified again at any time, it stays what it is.
            (Kind::Verified, is) => is.max(Stage::Verified),
            (Kind::Released, Stage::Verified) => {
                self.fulfilled.extend(request);
                Stage::Released
            }
            (Kind::Superseded, Stage::Released) => Stage::Superseded,
            (Kind::Withdrawn, Stage::Released | Stage::Superseded) => Stage::Withdrawn,
            (Kind::Released, Stage::Removed) => {
                return no(format!("artifact {} is not verified", short(artifact)), "enter `verified` first");
            }
            (_, Stage::Removed | Stage::Verified) => {
                return no(format!("artifact {} is not released", short(artifact)), "enter `released` first");
            }
            _ => {
                return no(
                    format!("artifact {} is {is}, so that `{event}` makes no sense", short(artifact)),
                    "`declass register list` shows its events",
                );
            }
        };
        Ok(())
    }

    /// A request that is known and not voided.
    fn open_request(&self, request: Sha256Digest) -> Result<Request, Senseless> {
        match self.requests.get(&request) {
            None => no(
                format!("request {} is not entered", short(request)),
                "enter `requested` first; if the record was edited since, enter `amended` with the digits of the \
                 request that `declass register list` shows",
            ),
            Some(Request::Voided) => no(
                format!("request {} is voided", short(request)),
                "enter a new request with a record of its own",
            ),
            Some(request) => Ok(*request),
        }
    }
}

fn no<T>(reason: String, hint: &'static str) -> Result<T, Senseless> {
    Err(Senseless { reason, hint })
}

/// A digest by its first digits, as lists show it.
fn short(digest: Sha256Digest) -> String {
    format!("`{:.12}`", digest.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `R1` is request 1, `A1/1` artifact 1 for request 1, `A1` artifact 1 for no request.
    fn facts(kind: Kind, of: &str) -> Facts {
        let digest = |text: &str| Some(Sha256Digest::of(text.as_bytes()));
        let mut facts = Facts::new(kind);
        match of.split_once('/') {
            Some((artifact, request)) => {
                (facts.artifact, facts.request) = (digest(artifact), digest(&format!("R{request}")));
            }
            None if of.starts_with('A') => facts.artifact = digest(of),
            None => facts.request = digest(of),
        }
        facts
    }

    fn live(story: &[(Kind, &str)]) -> Result<Lives, String> {
        let mut lives = Lives::default();
        for (kind, of) in story {
            lives.admit(&facts(*kind, of)).map_err(|senseless| senseless.reason)?;
        }
        Ok(lives)
    }

    use Kind::*;
    const APPROVED: [(Kind, &str); 2] = [(Requested, "R1"), (Approved, "R1")];

    #[test]
    fn lives_that_make_sense_are_admitted() {
        let after = |more: &[(Kind, &str)]| live(&[&APPROVED, more].concat()).unwrap();
        after(&[(ClassRemoved, "A1/1"), (Verified, "A1/1"), (Released, "A1/1"), (Withdrawn, "A1/1")]);
        after(&[(ClassRemoved, "A1/1"), (Verified, "A1/1"), (ClassRemoved, "A2/1"), (RequestVoided, "R1")]);
        live(&[(ClassRemoved, "A1"), (Verified, "A1"), (Released, "A1"), (Verified, "A1")]).unwrap();
        let more = [(Superseded, "A1"), (Withdrawn, "A1"), (KeyRotated, "R1")];
        live(&[&[(ClassRemoved, "A1"), (Verified, "A1"), (Released, "A1")], &more[..]].concat()).unwrap();
        let two =
            after(&[(ClassRemoved, "A1/1"), (Requested, "R2"), (Approved, "R2"), (ClassRemoved, "A1/2")]);
        assert!(two.request_of(Sha256Digest::of(b"A1")).is_err());
        let one = after(&[(ClassRemoved, "A1/1")]);
        assert_eq!(one.request_of(Sha256Digest::of(b"A1")), Ok(Some(Sha256Digest::of(b"R1"))));
        assert_eq!(one.request_of(Sha256Digest::of(b"A2")), Ok(None));
    }

    #[test]
    fn records_grow_times_are_extended_and_salts_destroyed() {
        let digest = |text: &str| Sha256Digest::of(text.as_bytes());
        let mut lives = live(&APPROVED).unwrap();
        let amended = |record: &str| Facts { record: Some(digest(record)), ..facts(Amended, "R1") };
        lives.admit(&amended("grown")).unwrap();
        assert_eq!(lives.request_of_record(digest("grown")), digest("R1"));
        assert_eq!(lives.request_of_record(digest("R1")), digest("R1"));
        // Neither a record twice, nor one that is a request of its own, nor a request that is a record.
        for record in ["grown", "R1"] {
            assert!(lives.clone().admit(&amended(record)).is_err(), "{record}");
        }
        assert!(lives.clone().admit(&facts(Requested, "grown")).is_err());
        lives.admit(&facts(Extended, "R1")).unwrap();
        assert!(lives.clone().admit(&facts(Extended, "R1")).is_err());
        assert!(lives.clone().admit(&facts(SaltDestroyed, "R1")).is_err(), "it is needed");
        lives.admit(&facts(RequestVoided, "R1")).unwrap();
        lives.admit(&facts(SaltDestroyed, "R1")).unwrap();
        assert!(lives.admit(&facts(SaltDestroyed, "R1")).is_err());
        assert!(lives.admit(&facts(SaltDestroyed, "R2")).is_err());
    }

    #[test]
    fn lives_that_make_none_are_refused() {
        let refused: [(&[(Kind, &str)], &str); 15] = [
            (&[(Approved, "R2")], "not entered"),
            (&[(Requested, "R1")], "already entered"),
            (&[(Approved, "R1")], "already approved"),
            (&[(Requested, "R2"), (ClassRemoved, "A1/2")], "not approved"),
            (&[(ClassRemoved, "A1/3")], "not entered"),
            (&[(Verified, "A1/1")], "no `class-removed`"),
            (&[(ClassRemoved, "A1/1"), (Verified, "A1")], "no `class-removed`"),
            (&[(ClassRemoved, "A1/1"), (ClassRemoved, "A1/1")], "already entered"),
            (&[(ClassRemoved, "A1/1"), (Released, "A1/1")], "not verified"),
            (&[(ClassRemoved, "A1/1"), (Superseded, "A1/1")], "not released"),
            (&[(ClassRemoved, "A1"), (Verified, "A1"), (Withdrawn, "A1")], "not released"),
            (&[(ClassRemoved, "A1"), (Verified, "A1"), (Released, "A1"), (Released, "A1")], "is released"),
            (&[(RequestVoided, "R1"), (ClassRemoved, "A1/1")], "voided"),
            (&[(ClassRemoved, "A1/1"), (RequestVoided, "R1"), (Verified, "A1/1")], "voided"),
            (
                &[(ClassRemoved, "A1/1"), (Verified, "A1/1"), (Released, "A1/1"), (RequestVoided, "R1")],
                "fulfilled",
            ),
        ];
        for (story, why) in refused {
            let said = live(&[&APPROVED, story].concat()).unwrap_err();
            assert!(said.contains(why), "{story:?}: {said}");
        }
    }
}

//! The history of a release that was made from a release: its earlier claims, kept beside the present one,
//! and what all removals together made of the first input.

use std::{collections::BTreeMap, path::Path};

use declass_formats::{Artifact, Sha256Digest};
use serde_json::{Map, Value};

use super::{
    Claim, Digests, ForgottenClass, LabelSpace, Lineage, Removal, Resource, Statement, StoredClaim,
    names::{CLAIM_FILE, MAX_RECORDS, MOST_EARLIER, STATEMENT_FILE, earlier_claim},
};
use crate::{
    error::Error,
    sign::{Bundle, MAX_BUNDLE, read_if_there},
};

/// The earlier claims of a release or of an input, latest first.
#[derive(Clone, Debug, Default)]
pub struct History {
    claims: Vec<Earlier>,
}

/// An earlier claim, as it lay in its release: signed, if it was.
#[derive(Clone, Debug)]
pub struct Earlier {
    /// What it says.
    pub statement: Statement,
    /// Digest of the statement's bytes, whether they are signed or not.
    pub digest: Sha256Digest,
    /// Fingerprint of the key that its envelope names, if it is signed. Whether that key signed it is not
    /// judged here.
    pub named_key: Option<String>,
    file: Vec<u8>,
}

impl History {
    /// The history that a release made from this model will have: empty if the model is no release. A claim
    /// that lies beside a model but names none of its files is not about it.
    ///
    /// # Errors
    /// [`Error::NotAClaim`] if a claim of this or an earlier release cannot be read, [`Error::BrokenLineage`]
    /// if they do not continue each other.
    pub fn of_input(input: &Artifact) -> Result<Self, Error> {
        let folder = input.folder();
        if !StoredClaim::exists(folder) {
            return Ok(Self::default());
        }
        let name = [CLAIM_FILE, STATEMENT_FILE].into_iter().find(|name| folder.join(name).exists());
        let Some(latest) = read(folder, name.unwrap_or(STATEMENT_FILE))? else { return Ok(Self::default()) };
        let is_named =
            |subject: &Resource| input.files().iter().any(|file| file.path.as_str() == subject.name);
        if !latest.statement.subject.iter().any(is_named) {
            return Ok(Self::default());
        }
        let before = Self::of_release(folder)?;
        if let Some(reason) = before.problems(&latest.statement).into_iter().next() {
            return Err(Error::BrokenLineage { reason });
        }
        Ok(Self { claims: [vec![latest], before.claims].concat() })
    }

    /// The earlier claims that lie in the folder of a release.
    ///
    /// # Errors
    /// [`Error::NotAClaim`] if one of them cannot be read.
    pub fn of_release(folder: &Path) -> Result<Self, Error> {
        let (mut claims, mut bytes) = (Vec::new(), 0);
        while claims.len() < MOST_EARLIER {
            let name = earlier_claim(claims.len() + 1);
            let path = folder.join(&name);
            // Before it is read: many claims of some size are too much together.
            bytes += path.metadata().map_or(0, |metadata| metadata.len());
            if bytes > MAX_RECORDS {
                let reason =
                    format!("the claims before the present one have more than {MAX_RECORDS} bytes together");
                return Err(Error::NotAClaim { path, reason });
            }
            match read(folder, &name)? {
                Some(claim) => claims.push(claim),
                None => break,
            }
        }
        Ok(Self { claims })
    }

    /// The earlier claims, latest first.
    #[must_use]
    pub fn claims(&self) -> &[Earlier] {
        &self.claims
    }

    /// Classes of a head of the input, by their indices there, that an earlier removal forgot and whose slots are still
    /// there: they have to stay forgotten.
    ///
    /// # Errors
    /// [`Error::BrokenLineage`] if the removals do not continue each other.
    pub fn still_there(&self, head: &str) -> Result<Vec<usize>, Error> {
        Ok(self.forgotten(head)?.iter().filter_map(|class| class.index_after).collect())
    }

    /// All classes that earlier removals forgot at a head, by index and label in the first input; `index_after` is their
    /// place in this one.
    ///
    /// # Errors
    /// [`Error::BrokenLineage`] if the removals do not continue each other.
    pub fn forgotten(&self, head: &str) -> Result<Vec<ForgottenClass>, Error> {
        let (forgotten, _) =
            compose(&at_head(self.removals(), head)).map_err(|reason| Error::BrokenLineage { reason })?;
        Ok(forgotten)
    }

    /// The removals, the earliest first.
    fn removals(&self) -> impl Iterator<Item = &Removal> {
        self.claims.iter().rev().map(|claim| &claim.statement.predicate.removal)
    }

    /// What a release made from this input by one more removal has to record.
    pub(crate) fn extended(&self, removal: &Removal) -> Result<Option<Lineage>, String> {
        self.lineage(&at_head(self.removals().chain([removal]), &removal.location.head))
    }

    /// The claims, and what these removals, the earliest first, come to.
    fn lineage(&self, removals: &[&Removal]) -> Result<Option<Lineage>, String> {
        if self.claims.is_empty() {
            return Ok(None);
        }
        if self.claims.len() >= MOST_EARLIER {
            return Err(format!(
                "it would be removal {} in a row, {MOST_EARLIER} can be recorded",
                MOST_EARLIER + 1
            ));
        }
        let (forgotten, label_space) = compose(removals)?;
        let claims = self.claims.iter().zip(1..).map(|(claim, at)| Resource {
            name: earlier_claim(at),
            uri: None,
            digest: Some(Digests { sha256: claim.digest.to_string() }),
            annotations: Map::from_iter([("of".to_owned(), Value::from("statement"))]),
        });
        Ok(Some(Lineage { claims: claims.collect(), forgotten, label_space }))
    }

    /// Whether the claims continue each other up to the present one; what does not, in words.
    #[must_use]
    pub fn problems(&self, present: &Statement) -> Vec<String> {
        let mut problems = Vec::new();
        let recorded = &present.predicate.removal.lineage;
        match self.extended(&present.predicate.removal) {
            Err(problem) => problems.push(problem),
            Ok(expected) if expected == *recorded => {}
            Ok(expected) => problems.push(difference(recorded.as_ref(), expected.as_ref())),
        }
        let newer = std::iter::once(present).chain(self.claims.iter().map(|claim| &claim.statement));
        for ((newer, older), at) in newer.zip(&self.claims).zip(1..) {
            if input_of(newer) != output_of(&older.statement) {
                problems
                    .push(format!("`{}` is not about the model that was unlearned next", earlier_claim(at)));
            }
        }
        problems
    }

    /// The files that hold the claims in the release that continues them.
    pub(crate) fn files(&self) -> impl Iterator<Item = (String, &[u8])> {
        self.claims.iter().zip(1..).map(|(claim, at)| (earlier_claim(at), claim.file.as_slice()))
    }

    /// Whether the latest claim is about a model with this root digest.
    pub(crate) fn ends_at(&self, root: &Sha256Digest) -> bool {
        self.claims.first().is_none_or(|latest| output_of(&latest.statement) == Some(&root.to_string()))
    }
}

fn read(folder: &Path, name: &str) -> Result<Option<Earlier>, Error> {
    let path = folder.join(name);
    let not_a_claim = |reason: String| Error::NotAClaim { path: path.clone(), reason };
    let bytes = read_if_there(&path, MAX_BUNDLE).map_err(|error| not_a_claim(error.problem.to_string()))?;
    let Some(file) = bytes else { return Ok(None) };
    let signed = Bundle::read(&file).ok();
    let statement = signed.as_ref().map_or(file.as_slice(), Bundle::payload);
    let digest = Sha256Digest::of(statement);
    let statement = Claim::from_bytes(statement).map_err(|error| not_a_claim(error.to_string()))?.statement;
    Ok(Some(Earlier {
        statement,
        digest,
        named_key: signed.map(|bundle| bundle.named_key().to_owned()),
        file,
    }))
}

/// Root digest of the model that a claim says was unlearned.
fn input_of(statement: &Statement) -> Option<&String> {
    root(&statement.predicate.build_definition.resolved_dependencies)
}

/// Root digest of the model that a claim is about.
fn output_of(statement: &Statement) -> Option<&String> {
    root(&statement.subject)
}

fn root(resources: &[Resource]) -> Option<&String> {
    Some(&resources.first()?.digest.as_ref()?.sha256)
}

/// Of removals those at one head, by its name: the classes of another are none of its own.
fn at_head<'a>(removals: impl Iterator<Item = &'a Removal>, head: &str) -> Vec<&'a Removal> {
    removals.filter(|removal| removal.location.head == head).collect()
}

/// All removals, oldest first, as one on the first label space.
fn compose(removals: &[&Removal]) -> Result<(Vec<ForgottenClass>, LabelSpace), String> {
    removals
        .iter()
        .try_for_each(|removal| removal.label_space.check_size())
        .map_err(|error| error.to_string())?;
    let before = removals.first().map_or(0, |first| first.label_space.before);
    let mut map: Vec<Option<usize>> = (0..before).map(Some).collect();
    let mut forgotten: Vec<Option<ForgottenClass>> = vec![None; before];
    for removal in removals {
        let space = &removal.label_space;
        if space.before != map.iter().flatten().count() {
            return Err(format!(
                "a removal from {} classes does not continue the one before it",
                space.before
            ));
        }
        // Of an index that is there twice, the first counts.
        let classes: BTreeMap<usize, &ForgottenClass> =
            removal.forgotten.iter().rev().map(|class| (class.class.index, class)).collect();
        for (place, forgotten) in map.iter_mut().zip(&mut forgotten) {
            let Some(at) = *place else { continue };
            if let Some(class) = classes.get(&at) {
                forgotten.get_or_insert_with(|| (*class).clone());
            }
            *place = space.index_map.get(at).copied().flatten();
        }
    }
    let after = map.iter().flatten().count();
    for (index, class) in forgotten.iter_mut().enumerate() {
        if let Some(class) = class {
            class.class.index = index;
            class.index_after = map[index];
        }
    }
    Ok((forgotten.into_iter().flatten().collect(), LabelSpace { before, after, index_map: map }))
}

fn difference(recorded: Option<&Lineage>, expected: Option<&Lineage>) -> String {
    let (Some(recorded), Some(expected)) = (recorded, expected) else {
        return match recorded {
            Some(_) => "the claim records earlier claims, and there are none".to_owned(),
            None => "earlier claims are there that the claim does not record".to_owned(),
        };
    };
    if recorded.claims.len() != expected.claims.len() {
        return format!(
            "the claim records {} earlier claims, and there are {}",
            recorded.claims.len(),
            expected.claims.len()
        );
    }
    let mut pairs = recorded.claims.iter().zip(&expected.claims);
    match pairs.find(|(recorded, expected)| recorded != expected) {
        Some((_, expected)) => format!("`{}` is not the claim that is recorded", expected.name),
        None => "the classes removed in all are not those of the claims".to_owned(),
    }
}

//! What signatures say of a release, and what was measured of it, as one verdict.

use std::fmt::Display;

use super::{Examination, other_head};
use crate::evidence::{
    Check, Finding, Outcome, REPRODUCED,
    code::{MEASURED_OTHERWISE, NOT_REPRODUCED, UNREADABLE, UNSUPPORTED},
};

/// What was measured of a release, as far as a verdict needs it. Who measures is no business of the gate,
/// which calculates nothing.
pub trait Measurement {
    /// Every check that was made.
    fn checks(&self) -> &[Check];
    /// Checks and metrics of the claim that this version does not know, so that it cannot tell whether they
    /// hold.
    fn unknown(&self) -> &[String];
    /// The head that was named, and the one that the model points to instead, if it is another.
    fn other_head(&self) -> Option<(&str, &str)>;
}

/// All that is known of a release.
#[derive(Debug)]
pub struct Judgement<M> {
    /// What its signatures say, if anybody is trusted.
    pub examination: Option<Examination>,
    /// What was measured, if there was an original.
    pub measured: Option<M>,
    /// Whether its repository holds anything else, if it was fetched.
    pub listed: Option<Check>,
    /// Why it is no yes; empty if it is.
    pub findings: Vec<Finding>,
}

impl<M: Measurement> Judgement<M> {
    /// Brings together what was found; `heads` are those that may have been named. What signatures are held
    /// against knows of the head itself.
    ///
    /// A release that was made again, and came out otherwise by another version, could not be told.
    ///
    /// # Errors
    /// Why nothing could be measured, unless the signatures already say no, which is worth telling
    /// nevertheless.
    pub fn of<E: Display>(
        mut examination: Option<Examination>,
        measured: Result<Option<M>, E>,
        listed: Option<Check>,
        heads: &[String],
    ) -> Result<Self, E> {
        let measured = match (measured, &mut examination) {
            (Ok(measured), _) => measured,
            (Err(error), Some(examination)) if !examination.findings.is_empty() => {
                // It says why nothing was made again, either.
                examination.findings.retain(|finding| finding.code != &NOT_REPRODUCED);
                examination.findings.push(Finding::new(&UNREADABLE, format!("not measured: {error}")));
                None
            }
            (Err(error), _) => return Err(error),
        };
        let mut findings = examination.iter().flat_map(|found| found.findings.clone()).collect::<Vec<_>>();
        let made_again = measured.iter().flat_map(M::checks).find(|check| check.definition.id == REPRODUCED);
        if let Some(check) = made_again {
            // What the policy asks for was done; a no is said by the check itself.
            findings.retain(|finding| finding.code != &NOT_REPRODUCED);
            let unlike = (check.outcome == Outcome::Informative)
                .then(|| Finding::new(&NOT_REPRODUCED, format!("{UNLIKE}: {}", check.summary)));
            findings.extend(unlike);
        }
        let checks = measured.iter().flat_map(M::checks).chain(&listed);
        findings.extend(checks.filter(|check| check.outcome == Outcome::Failed).map(finding));
        findings.extend(measured.iter().flat_map(M::unknown).map(unknown));
        let chosen = measured.as_ref().and_then(M::other_head).filter(|_| examination.is_none());
        let refused = chosen.filter(|(named, _)| !heads.iter().any(|it| it == named));
        findings.extend(refused.map(|(named, other)| other_head(named, other)));
        Ok(Self { examination, measured, listed, findings })
    }
}

const UNLIKE: &str = "it was made again, and that shows nothing, since another version made the release";

fn finding(check: &Check) -> Finding {
    Finding::new(&MEASURED_OTHERWISE, format!("{}: {}", check.definition.id, check.summary))
}

fn unknown(id: impl Display) -> Finding {
    Finding::new(&UNSUPPORTED, format!("this version does not know the check `{id}` of the claim"))
}

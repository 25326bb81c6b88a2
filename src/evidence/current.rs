//! The definitions that this version knows, by id and version, for those who measure nothing.

/// Every check and metric in its present version.
pub(crate) const CURRENT: [(&str, u32); 52] = [
    ("only-head-changed", 1),
    ("head-choice", 1),
    ("untouched", 1),
    ("float-head", 1),
    ("executed", 1),
    ("forgotten-unreachable", 1),
    ("forget-rate", 1),
    ("forgotten-routing", 1),
    ("retained-agreement", 1),
    ("retained-divergence", 1),
    ("retained-logits", 1),
    ("quantised", 1),
    ("head-bias", 1),
    ("restoration", 2),
    ("assumptions", 1),
    ("labels-left", 1),
    ("one-answer", 1),
    ("other-files", 1),
    ("forgotten-accuracy", 1),
    ("retained-accuracy", 1),
    ("aus", 1),
    ("class-drift", 1),
    ("routing", 1),
    ("calibration", 1),
    ("forgotten-margin", 1),
    ("relearning", 1),
    ("linear-probe", 1),
    ("nearest-centre", 1),
    ("membership", 1),
    ("confusion", 1),
    ("log-odds", 1),
    ("steering", 1),
    ("nearest-neighbours", 1),
    ("membership-likelihood", 1),
    ("few-shot", 1),
    ("retrained-few-shot", 1),
    ("removed-answers", 1),
    ("answer-agreement", 1),
    ("answer-drift", 1),
    ("answer-routing", 1),
    ("answer-changes", 1),
    ("answer-margin", 1),
    ("answer-divergence", 1),
    ("retrained-routing", 1),
    ("retrained-agreement", 1),
    ("retrained-accuracy", 1),
    ("retrained-membership", 1),
    ("retrained-features", 1),
    ("retrained-neighbours", 1),
    ("retrained-probe", 1),
    ("retrained-centre", 1),
    ("layer-similarity", 1),
];

/// Definitions of older claims whose figures mean what they meant.
const EARLIER: [(&str, u32); 1] = [("restoration", 1)];

/// Whether this version knows what a definition of this id and version means.
pub(crate) fn is_known(id: &str, version: u32) -> bool {
    CURRENT.contains(&(id, version)) || EARLIER.contains(&(id, version))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{claim::METHOD_NAMES, evaluate, methods::METHODS, verify};

    #[test]
    fn the_lists_of_names_are_those_of_what_there_is() {
        let defined = verify::DEFINITIONS.iter().chain(evaluate::DEFINITIONS.iter());
        for definition in defined.clone() {
            assert!(is_known(definition.id, definition.version), "{}", definition.id);
        }
        let is_defined = |id: &str| defined.clone().any(|definition| definition.id == id);
        assert!(CURRENT.iter().all(|(id, _)| is_defined(id)));
        assert_eq!(METHODS.map(|method| method.name), METHOD_NAMES);
    }
}

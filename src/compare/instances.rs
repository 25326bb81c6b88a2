//! Single inputs that get different answers.

use std::collections::BTreeMap;

use crate::evaluate::{Answer, Changed};

/// An input to which at least one model gives another answer than the first.
#[derive(Clone, Debug, PartialEq)]
pub struct Instance {
    /// What the input is called, or its number, counted from 0.
    pub name: String,
    /// The class that the user says it is of, if it is said.
    pub label: Option<usize>,
    /// The first model's answer.
    pub before: Answer,
    /// The other answer of each of the models; none where it is the first one's.
    pub after: Vec<Option<Answer>>,
}

/// The inputs that changed in at least one model: those first that changed in most of them, then by the margin that the
/// first model had, the clearest first. A model that was not measured has none.
#[must_use]
pub fn instances(changed: &[Option<Vec<Changed>>]) -> Vec<Instance> {
    let mut by_name: BTreeMap<&str, Instance> = BTreeMap::new();
    for (at, one) in changed.iter().enumerate() {
        for input in one.iter().flatten() {
            let instance = by_name.entry(&input.name).or_insert_with(|| Instance {
                name: input.name.clone(),
                label: input.label,
                before: input.before,
                after: vec![None; changed.len()],
            });
            instance.after[at] = Some(input.after);
        }
    }
    let mut all: Vec<Instance> = by_name.into_values().collect();
    let count = |instance: &Instance| instance.after.iter().flatten().count();
    all.sort_by(|a, b| {
        count(b).cmp(&count(a)).then(b.before.margin.total_cmp(&a.before.margin)).then(a.name.cmp(&b.name))
    });
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    fn changed(name: &str, to: usize, margin: f64) -> Changed {
        let before = Answer { class: 0, probability: 0.9, margin };
        Changed { name: name.into(), label: Some(0), before, after: Answer { class: to, ..before } }
    }

    #[test]
    fn inputs_that_changed_everywhere_come_first_and_each_once() {
        let one = vec![changed("a", 1, 1.0), changed("b", 1, 5.0)];
        let two = vec![changed("a", 2, 1.0), changed("c", 1, 2.0)];
        let found = instances(&[Some(one), None, Some(two)]);
        let names: Vec<&str> = found.iter().map(|it| it.name.as_str()).collect();
        assert_eq!(names, ["a", "b", "c"]);
        let to = |it: &Instance| it.after.iter().map(|answer| answer.map(|it| it.class)).collect::<Vec<_>>();
        assert_eq!(to(&found[0]), [Some(1), None, Some(2)]);
        assert_eq!(to(&found[2]), [None, None, Some(1)]);
    }
}

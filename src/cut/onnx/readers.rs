//! Who reads a list of the classes: it is shortened only if nobody else does than the head whose classes go.

use std::collections::HashSet;

use declass_formats::onnx::Attribute;

use super::{
    super::{Head, Site},
    tail::before_any_output,
};
use crate::net::{
    Flow,
    ops::{Values, View},
};

/// Readers that lead to an output.
#[derive(Debug, Default)]
pub(super) struct Readers {
    /// Whether it is read by the index of the best class, or given out as it is.
    own: bool,
    /// An operator that reads it by anything else.
    pub(super) other: Option<usize>,
}

/// The readers of a stored list; `picks` are the operators that read by the index of the best class.
pub(super) fn of(flow: &Flow<'_>, classes: usize, picks: &HashSet<usize>, list: &str) -> Readers {
    let told = before_any_output(flow);
    let mut readers = Readers::default();
    let mut pending: Vec<_> = flow.id(list).into_iter().collect();
    let mut seen: HashSet<_> = pending.iter().copied().collect();
    while let Some(value) = pending.pop() {
        readers.own |= flow.is_output(flow.name(value));
        for node in flow.readers(value).iter().map(|reader| reader.node).filter(|node| told[*node]) {
            let result = flow.node(node).outputs.first().and_then(|name| flow.id(name));
            let passes = keeps_entries(flow, node) || is_table(flow, node, classes);
            if picks.contains(&node) {
                readers.own = true;
            } else if passes && let Some(result) = result.filter(|it| flow.is_static(flow.name(*it))) {
                pending.extend(seen.insert(result).then_some(result));
            } else {
                readers.other.get_or_insert(node);
            }
        }
    }
    readers
}

/// Whether a result has the entries of its operand, however many these are.
pub(super) fn keeps_entries(flow: &Flow<'_>, node: usize) -> bool {
    let op = flow.op(node);
    let counts = |view| matches!(view, View::Reshaped { extents: Some(_), .. });
    op.values() != Values::Other && !op.known().ok().and_then(|known| known.view).is_some_and(counts)
}

/// Whether a node has a text per class in an attribute, which is shortened too.
fn is_table(flow: &Flow<'_>, node: usize, classes: usize) -> bool {
    let mut attributes = flow.node(node).attributes.values();
    attributes.any(|it| matches!(it, Attribute::Strings(list) if list.len() == classes))
}

/// Once all heads are known whose classes go: which lists are theirs alone. One that is theirs and another's too
/// stands in the way of dropping.
pub(super) fn settle(flow: &Flow<'_>, head: &mut Head, picks: &HashSet<usize>) {
    let classes = head.classes;
    for site in &mut head.sites {
        let tensor = match site {
            Site::ReadElsewhere { tensor } | Site::Texts { tensor } => tensor.clone(),
            Site::Values(operand) if operand.info.dtype.is_text() => operand.tensor.clone(),
            _ => continue,
        };
        match of(flow, classes, picks, &tensor) {
            Readers { other: None, .. } => {
                if let Site::ReadElsewhere { .. } = site {
                    *site = Site::Texts { tensor };
                }
            }
            Readers { own: true, other: Some(node) } => {
                if let Site::ReadElsewhere { .. } = site {
                    *site = Site::Texts { tensor: tensor.clone() };
                }
                head.obstacle.get_or_insert_with(|| {
                    let (op, title) = (&flow.node(node).op_type, flow.title(node));
                    format!(
                        "`{op}` (`{title}`) reads the list `{tensor}` of the classes too, by something else than \
                         the index of the head's best class"
                    )
                });
            }
            Readers { own: false, other: Some(_) } => *site = Site::ReadElsewhere { tensor },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::net::sample::node;
    use declass_formats::{
        Dtype, TensorInfo,
        onnx::{Graph, Node, Value},
    };

    /// Who reads the list `t`, if these nodes follow a head; node 2 reads it by the best class.
    fn readers(more: Vec<Node>, outputs: &[&str]) -> Readers {
        let value = |name: &str| Value { name: name.into(), ..Value::default() };
        let first = vec![
            node("MatMul", &["x", "w"], "logits"),
            node("ArgMax", &["logits"], "best"),
            node("Gather", &["t", "best"], "label"),
        ];
        let info = |shape: &[usize]| TensorInfo { dtype: Dtype::F32, shape: shape.to_vec() };
        let graph = Graph {
            nodes: [first, more].concat(),
            inputs: vec![value("x")],
            outputs: outputs.iter().map(|name| value(name)).collect(),
            initializers: [
                ("w".to_owned(), info(&[4, 3])),
                ("t".to_owned(), info(&[3])),
                ("i".to_owned(), info(&[])),
            ]
            .into(),
            ..Graph::default()
        };
        let flow = Flow::new(&graph).unwrap();
        of(&flow, 3, &HashSet::from([2]), "t")
    }

    #[test]
    fn a_list_is_the_heads_own_if_nobody_else_reads_it_on_the_way_to_an_output() {
        let own = readers(vec![node("Identity", &["t"], "labels")], &["label", "labels"]);
        assert!(own.own && own.other.is_none());
        let fixed = || vec![node("Gather", &["t", "i"], "last")];
        assert_eq!(readers(fixed(), &["label", "last"]).other, Some(3));
        assert_eq!(readers(fixed(), &["label"]).other, None, "it leads to no output");
        let others = vec![node("ReduceSum", &["x"], "sum"), node("Gather", &["t", "sum"], "hint")];
        let both = readers(others.clone(), &["label", "hint"]);
        assert!(both.own && both.other == Some(4));
        assert!(!readers(others, &["hint"]).own);
    }
}

//! Graphs with several outputs: which head is taken, and what is held against the other outputs.

use declass_formats::onnx::{Attribute, Graph, Node, Value};

use super::super::locate;
use crate::{
    cut::Cut,
    error::{Error, LocateError},
    evidence::{Untouched, UntouchedKind},
    head::{Hints, Link, Open},
    net::sample::{graph, node, opened, with},
};

const CONSTANTS: &[(&str, &[usize])] = &[
    ("W", &[4, 3]),
    ("V", &[4, 5]),
    ("F", &[4, 6]),
    ("G", &[6, 3]),
    ("U", &[3, 7]),
    ("one", &[1]),
    ("each", &[3]),
];

fn located(graph: &Graph) -> Result<Cut, Error> {
    located_as(graph, &[])
}

fn located_as(graph: &Graph, heads: &[&str]) -> Result<Cut, Error> {
    let (_folder, artifact) = opened(graph, &[]);
    locate(&artifact, &Hints::naming(heads))
}

/// A head on `x` with the output `y`, and more nodes and outputs, with nothing declared of them.
fn beside(nodes: Vec<Node>, outputs: &[&str]) -> Graph {
    let mut graph = graph([vec![node("MatMul", &["x", "W"], "y")], nodes].concat(), CONSTANTS);
    let more = outputs.iter().map(|name| Value { name: (*name).into(), elem_type: 1, ..Value::default() });
    graph.outputs.extend(more);
    graph
}

fn candidates(graph: &Graph) -> Vec<String> {
    match located(graph) {
        Err(Error::Locate(LocateError::Ambiguous { candidates })) => candidates,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_second_head_is_asked_about_whatever_its_name() {
    for name in ["aux_logits", "embedding", "hidden", "zzz"] {
        let graph = beside(vec![node("MatMul", &["x", "V"], name)], &[name]);
        let expected = ["y (output `y`, width 3)".to_owned(), format!("{name} (output `{name}`, width 5)")];
        let mut found = candidates(&graph);
        found.sort_by_key(|it| it.contains(name));
        assert_eq!(found, expected);
    }
}

#[test]
fn every_output_of_a_head_says_the_same() {
    let sound = [
        vec![with(node("ArgMax", &["y"], "other"), "axis", Attribute::Int(-1))],
        vec![node("Mul", &["y", "one"], "t"), node("Softmax", &["t"], "other")],
        vec![with(node("ReduceMax", &["y"], "other"), "axes", Attribute::Ints(vec![-1]))],
    ];
    for nodes in sound {
        let graph = beside(nodes, &["other"]);
        let cut = located(&graph).unwrap_or_else(|error| panic!("{:?}: {error}", graph.nodes));
        assert_eq!(cut.untouched, []);
    }
    // Another order: a slot that is kept could be given out there, one that is dropped could not.
    let turned = [
        vec![node("Neg", &["y"], "t"), node("Softmax", &["t"], "other")],
        vec![node("Mul", &["y", "each"], "other")],
        vec![node("Add", &["y", "each"], "other")],
    ];
    for nodes in turned {
        let cut = located_as(&beside(nodes, &["other"]), &["y"]).unwrap();
        assert!(matches!(cut.head.open, Some(Open::Elsewhere(_))), "{:?}", cut.head.open);
    }
    let unproven = [
        (vec![node("Sharpen", &["y"], "other")], "`Sharpen` (`other`)"),
        (vec![node("MatMul", &["y", "U"], "t"), node("Relu", &["t"], "other")], "`MatMul` (`t`)"),
    ];
    for (nodes, why) in unproven {
        let graph = beside(nodes, &["other"]);
        let said = located_as(&graph, &["y"]).unwrap_err().to_string();
        assert!(said.contains("output `other` comes from the head's results too"), "{said}");
        assert!(said.contains(why), "{said}");
    }
}

#[test]
fn independent_probabilities_beside_scores_compete() {
    let link = |nodes| located(&beside(nodes, &["other"])).unwrap().head.link;
    assert_eq!(link(vec![node("Sigmoid", &["y"], "other")]), Link::OneVsRest);
    assert_eq!(link(vec![node("Softmax", &["y"], "other")]), Link::Softmax);
}

#[test]
fn what_a_head_reads_is_no_second_head_unless_it_decides() {
    let features = |behind: Vec<Node>, output: &str| {
        let nodes = [vec![node("MatMul", &["x", "F"], "f")], behind, vec![node("MatMul", &["f", "G"], "y")]];
        let mut graph = graph(nodes.concat(), CONSTANTS);
        graph.outputs.push(Value { name: output.into(), elem_type: 1, ..Value::default() });
        graph
    };
    let cut = located(&features(Vec::new(), "f")).unwrap();
    assert_eq!(cut.head.name, "y");
    assert_eq!(cut.untouched, [Untouched::new(UntouchedKind::Output, "f", &[])]);
    let decided = features(vec![node("Softmax", &["f"], "p")], "p");
    assert_eq!(candidates(&decided).len(), 2);
}

#[test]
fn a_second_classifier_may_be_made_of_many_small_layers() {
    for classes in [3_usize, 12] {
        let constants: &[(&str, &[usize])] = &[("W", &[4, classes]), ("v", &[4, 1]), ("u", &[1, 4])];
        let part = |at: usize, name: &str| match at % 2 {
            0 => vec![node("MatMul", &["x", "v"], name)],
            _ => vec![
                node("Mul", &["x", "u"], &format!("{name} products")),
                with(
                    node("ReduceMax", &[&format!("{name} products")], name),
                    "axes",
                    Attribute::Ints(vec![1]),
                ),
            ],
        };
        let names: Vec<String> = (0..classes).map(|at| format!("part {at}")).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        // Layers alone, or every other one something else that has no matrix.
        for step in [1, 2] {
            let mut nodes = vec![node("MatMul", &["x", "W"], "y")];
            nodes.extend(names.iter().enumerate().flat_map(|(at, name)| part(at * step, name)));
            nodes.push(with(node("Concat", &names, "all"), "axis", Attribute::Int(1)));
            nodes.push(with(node("ArgMax", &["all"], "second"), "axis", Attribute::Int(1)));
            let mut graph = graph(nodes, constants);
            graph.outputs.push(Value { name: "second".into(), elem_type: 7, ..Value::default() });
            assert_eq!(candidates(&graph).len(), 2, "{classes} classes");
            let cut = located_as(&graph, &["y"]).unwrap();
            assert_eq!(cut.untouched, [Untouched::new(UntouchedKind::Output, "second", &[])]);
        }
    }
}

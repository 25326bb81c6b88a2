//! Shapes that a graph computes or declares, on tiny graphs: `x -> MatMul W -> z -> ... -> y`, three classes.

use declass_formats::onnx::{Attribute, Dim, Graph, Node, Value};

use super::super::locate;
use crate::{
    cut::Cut,
    error::Error,
    head::{Hints, Link, Ties},
    net::sample::{graph, node, opened, with},
};

const CONSTANTS: &[(&str, &[usize])] = &[("W", &[4, 3]), ("K", &[3, 4, 1, 1]), ("one", &[1]), ("each", &[3])];

fn located(graph: &Graph) -> Result<Cut, Error> {
    let integers: &[(&str, &[i64])] = &[
        ("last", &[-1]),
        ("first", &[0]),
        ("second", &[1]),
        ("index", &[0, 1, 2]),
        ("five", &[5]),
        ("three", &[3]),
        ("tens", &[10, 20, 30]),
    ];
    let (_folder, artifact) = opened(graph, integers);
    locate(&artifact, &Hints::default())
}

/// A graph of a head and these nodes behind it; `-1` is an extent that is not declared.
fn declaring(nodes: Vec<Node>, x: &[i64], y: &[i64]) -> Graph {
    let dims = |extents: &[i64]| {
        let dim = |extent: &i64| match extent {
            -1 => Dim::Symbolic("n".into()),
            extent => Dim::Fixed(*extent),
        };
        Some(extents.iter().map(dim).collect())
    };
    let mut graph = graph(nodes, CONSTANTS);
    graph.inputs[0].shape = dims(x);
    graph.outputs[0].shape = dims(y);
    if let [_, _, height, width] = x {
        let shape = dims(&[-1, 3, *height, *width]);
        graph.value_info.push(Value { name: "z".into(), elem_type: 1, shape });
    }
    graph
}

/// `z` in a shape of the extent of a value at an index, and the rest.
fn reshaped(made: Vec<Node>, of: &str, index: &str) -> Vec<Node> {
    let head = node("MatMul", &["x", "W"], "z");
    let entry = vec![
        node("Shape", &[of], "s"),
        node("Gather", &["s", index], "e"),
        with(node("Concat", &["e", "last"], "t"), "axis", Attribute::Int(0)),
        node("Reshape", &["z", "t"], "y"),
    ];
    [vec![head], made, entry].concat()
}

#[test]
fn a_declared_shape_counts_only_where_the_target_says_nothing_else() {
    let extents =
        |of: &str, index: &str| located(&declaring(reshaped(vec![], of, index), &[-1, 4], &[-1, 3]));
    assert!(extents("z", "first").is_ok());
    assert!(extents("x", "first").is_ok());
    for (of, index) in [("z", "second"), ("x", "second")] {
        let said = extents(of, index).unwrap_err().to_string();
        assert!(said.contains("leaves the class axis unclear"), "{of} {index}: {said}");
    }
}

#[test]
fn the_samples_of_another_value_are_not_those_of_the_logits() {
    let inserted = vec![node("Unsqueeze", &["z", "first"], "u")];
    let said = located(&declaring(reshaped(inserted, "u", "first"), &[-1, 4], &[-1, 3])).unwrap_err();
    assert!(said.to_string().contains("leaves the class axis unclear"), "{said}");
    // What keeps the samples is followed, with nothing declared.
    let kept = vec![node("Relu", &["z"], "u")];
    assert!(located(&declaring(reshaped(kept, "u", "first"), &[-1, 4], &[-1, -1])).is_ok());
}

#[test]
fn a_number_of_samples_has_to_be_fixed_by_the_input() {
    let counted = |x: &[i64]| {
        let nodes = vec![
            node("MatMul", &["x", "W"], "z"),
            node("Shape", &["z"], "s"),
            node("Gather", &["s", "second"], "e"),
            with(node("Concat", &["five", "e"], "t"), "axis", Attribute::Int(0)),
            node("Reshape", &["z", "t"], "y"),
        ];
        located(&declaring(nodes, x, &[-1, -1]))
    };
    let turned = |order: &[&str]| {
        let nodes = vec![
            node("MatMul", &["x", "W"], "z"),
            node("Shape", &["z"], "s"),
            node("Gather", &["s", "second"], "e"),
            node("Gather", &["s", "first"], "n"),
            with(node("Concat", order, "t"), "axis", Attribute::Int(0)),
            node("Reshape", &["z", "t"], "y"),
        ];
        located(&declaring(nodes, &[3, 4], &[-1, 3]))
    };
    assert!(turned(&["n", "e"]).is_ok());
    for order in [&["e", "three"], &["last", "n"], &["e", "n"]] {
        assert!(turned(order).is_err(), "{order:?}");
    }
    assert!(counted(&[5, 4]).is_ok());
    let said = counted(&[-1, 4]).unwrap_err().to_string();
    assert!(said.contains("leaves the class axis unclear"), "{said}");
}

#[test]
fn a_window_over_the_whole_map_leaves_one_place() {
    let pooled = |window: &[i64], x: &[i64]| {
        let nodes = vec![
            node("Conv", &["x", "K"], "z"),
            with(node("AveragePool", &["z"], "p"), "kernel_shape", Attribute::Ints(window.to_vec())),
            with(node("Flatten", &["p"], "y"), "axis", Attribute::Int(1)),
        ];
        located(&declaring(nodes, x, &[-1, 3]))
    };
    assert!(pooled(&[2, 5], &[-1, 4, 2, 5]).is_ok());
    for (window, x) in [(&[2, 4], &[-1, 4, 2, 5]), (&[2, 5], &[-1, 4, -1, 5])] {
        let said = pooled(window, x).unwrap_err().to_string();
        assert!(said.contains("merges the class axis with others"), "{said}");
    }
}

#[test]
fn a_normalised_row_keeps_its_order_where_nothing_else_tells_the_classes_apart() {
    let normalised = |more: &[&str]| {
        let operands = [&["z"][..], more].concat();
        let nodes = vec![node("MatMul", &["x", "W"], "z"), node("LayerNormalization", &operands, "y")];
        located(&declaring(nodes, &[-1, 4], &[-1, 3]))
    };
    for more in [&["one"][..], &["one", "one"]] {
        let head = normalised(more).unwrap().head;
        assert_eq!((head.link, head.ties), (Link::None, Ties::Possible));
    }
    for more in [&["each"][..], &["one", "each"]] {
        let said = normalised(more).unwrap_err().to_string();
        assert!(said.contains("class by class"), "{said}");
    }
}

#[test]
fn numbers_that_may_count_or_name_stand_in_the_way_of_dropping() {
    let obstacle = |table: &str, labels: [i64; 3]| {
        let named = with(node("ZipMap", &["z"], "y"), "classlabels_int64s", Attribute::Ints(labels.to_vec()));
        let nodes = vec![
            node("MatMul", &["x", "W"], "z"),
            Node { domain: "ai.onnx.ml".into(), ..named },
            with(node("ArgMax", &["z"], "i"), "axis", Attribute::Int(-1)),
            node("Gather", &[table, "i"], "other"),
        ];
        let mut graph = graph(nodes, CONSTANTS);
        graph.outputs.push(Value { name: "other".into(), elem_type: 7, ..Value::default() });
        graph.opsets.insert("ai.onnx.ml".into(), 1);
        located(&graph).unwrap().head.obstacle
    };
    assert_eq!(obstacle("index", [0, 1, 2]), None);
    assert_eq!(obstacle("tens", [10, 20, 30]), None);
    let said = obstacle("index", [10, 20, 30]).unwrap();
    assert!(said.contains("whether they are indices or names is not said"), "{said}");
}

//! What is followed behind a head, operator by operator, on tiny graphs: `x -> MatMul W -> ... -> y`, three
//! classes of four features.

use declass_formats::onnx::{Attribute, Graph, Node};

use super::{
    super::{Cut, Site, Source},
    locate,
};
use crate::{
    error::Error,
    head::Hints,
    head::{Link, Open, Place, Position, Ties},
    net::sample::{graph, node, opened, with},
};

const CONSTANTS: &[(&str, &[usize])] =
    &[("W", &[4, 3]), ("K", &[3, 4, 1, 1]), ("one", &[1]), ("each", &[3]), ("four", &[4])];

/// What is located in the graph of a head and these nodes behind it.
fn found(behind: Vec<Node>) -> Result<Cut, Error> {
    found_from(node("MatMul", &["x", "W"], "z"), behind)
}

fn found_from(head: Node, behind: Vec<Node>) -> Result<Cut, Error> {
    located(&graph([vec![head], behind].concat(), CONSTANTS))
}

fn located(graph: &Graph) -> Result<Cut, Error> {
    let shapes: &[(&str, &[i64])] = &[
        ("rows", &[-1, 3]),
        ("axes", &[2, 3]),
        ("last", &[-1]),
        ("none", &[]),
        ("ends", &[2]),
        ("starts", &[0]),
        ("yes", &[1]),
        ("column", &[-1, 1]),
        ("names", &[10, 20, 30]),
        ("turned", &[2, 1, 0]),
        ("map", &[1, 3, 8, 8]),
        ("other_map", &[1, 6, 8, 8]),
    ];
    let (_folder, artifact) = opened(graph, shapes);
    locate(&artifact, &Hints::default())
}

fn refusal(behind: Vec<Node>) -> String {
    found(behind).unwrap_err().to_string()
}

fn ints(values: &[i64]) -> Attribute {
    Attribute::Ints(values.to_vec())
}

#[test]
fn factors_and_shifts_are_folded_into_the_head() {
    let cut = found(vec![
        node("Add", &["z", "each"], "a"),
        node("Mul", &["one", "a"], "b"),
        node("Div", &["b", "each"], "c"),
        node("Sub", &["each", "c"], "y"),
    ])
    .unwrap();
    let [branch] = cut.head.branches.as_slice() else { panic!("{:?}", cut.head.branches) };
    // y = each - (z + each) / each, class by class.
    assert_eq!(branch.gain, [-1.0, -0.5, -1.0 / 3.0]);
    assert_eq!((&branch.bias_gain, &branch.gain), (&branch.gain, &branch.bias_gain));
    assert_eq!(branch.bias.as_ref().map(|bias| bias.tensor.as_str()), Some("each"));
    assert_eq!(cut.head.shift, [1.0, 2.0, 3.0]);
    assert_eq!(cut.head.ties, Ties::Never);
    // Every constant with one value per class has to be shortened with the head.
    let values = cut.head.sites.iter().filter(|site| matches!(site, Site::Values(_))).count();
    assert_eq!(values, 2, "{:?}", cut.head.sites);
}

#[test]
fn a_bias_for_all_classes_becomes_one_for_each() {
    let cut = found(vec![node("Add", &["z", "one"], "y")]).unwrap();
    let bias = cut.head.branches[0].bias.clone().unwrap();
    assert_eq!((bias.info.shape.as_slice(), bias.axis), (&[3][..], 0));
    assert!(matches!(bias.source, Source::Computed { .. }), "{:?}", bias.source);
}

#[test]
fn a_constant_of_another_extent_is_refused() {
    let said = refusal(vec![node("Add", &["z", "four"], "y")]);
    assert!(said.contains("shape [4], which is neither one value nor one per class"), "{said}");
}

#[test]
fn a_softmax_by_hand_is_one() {
    let axes = |op: &str, from: &str, to: &str| with(node(op, &[from], to), "axes", ints(&[-1]));
    let cut = found(vec![
        axes("ReduceMax", "z", "m"),
        node("Sub", &["z", "m"], "c"),
        node("Exp", &["c"], "e"),
        axes("ReduceSum", "e", "s"),
        node("Div", &["e", "s"], "y"),
    ]);
    // The axes of a sum are an operand since operator set 13; the attribute is understood all the same.
    assert_eq!(cut.unwrap().head.link, Link::Softmax);
    let reversed =
        refusal(vec![axes("ReduceMax", "z", "m"), node("Sub", &["m", "z"], "c"), node("Exp", &["c"], "y")]);
    assert!(reversed.contains("not linear in one embedding"), "{reversed}");
}

#[test]
fn what_treats_classes_differently_behind_a_link_is_refused() {
    let softmax = || node("Softmax", &["z"], "p");
    let said = refusal(vec![softmax(), node("Mul", &["p", "each"], "y")]);
    assert!(said.contains("class by class"), "{said}");
    let said = refusal(vec![softmax(), node("Sub", &["one", "p"], "y")]);
    assert!(said.contains("changes the order"), "{said}");
    assert_eq!(found(vec![softmax(), node("Mul", &["p", "one"], "y")]).unwrap().head.link, Link::Softmax);
}

#[test]
fn outputs_tie_where_a_clip_or_a_piecewise_sigmoid_makes_them_equal() {
    let ties = |behind| found(behind).unwrap().head.ties;
    assert_eq!(ties(vec![node("Sigmoid", &["z"], "y")]), Ties::Never);
    assert_eq!(ties(vec![node("HardSigmoid", &["z"], "y")]), Ties::Possible);
    let bounded = with(node("Clip", &["p"], "y"), "min", Attribute::Float(0.1));
    assert_eq!(ties(vec![node("Softmax", &["z"], "p"), bounded]), Ties::Possible);
    assert_eq!(ties(vec![node("Relu", &["z"], "y")]), Ties::Possible);
}

#[test]
fn a_sigmoid_of_pieces_that_falls_is_refused() {
    let falling = with(node("HardSigmoid", &["z"], "y"), "alpha", Attribute::Float(-0.2));
    assert!(refusal(vec![falling]).contains("changes the order of the classes"));
}

#[test]
fn a_map_of_logits_is_pooled_to_one_decision() {
    let map = || node("Conv", &["x", "K"], "z");
    let flat = || with(node("Flatten", &["p"], "y"), "axis", Attribute::Int(1));
    let pooled = |op: &str| found_from(map(), vec![node(op, &["z"], "p"), flat()]).unwrap().head;
    let mean = pooled("GlobalAveragePool");
    assert_eq!((mean.position, mean.ties), (Position::Pooled, Ties::Never));
    let largest = pooled("GlobalMaxPool");
    assert_eq!((largest.position, largest.ties), (Position::Pooled, Ties::Possible));
    let reduced = node("ReduceMean", &["z"], "y");
    let reduced = with(with(reduced, "axes", ints(&[2, 3])), "keepdims", Attribute::Int(0));
    assert_eq!(found_from(map(), vec![reduced]).unwrap().head.position, Position::Pooled);
    let padded =
        with(with(node("MaxPool", &["z"], "p"), "pads", ints(&[1, 1, 1, 1])), "kernel_shape", ints(&[3, 3]));
    let said = found_from(map(), vec![padded, flat()]).unwrap_err().to_string();
    assert!(said.contains("padded positions"), "{said}");
}

/// What is located in a head of maps and these nodes behind it.
fn map(behind: Vec<Node>) -> Result<Cut, Error> {
    found_from(node("Conv", &["x", "K"], "z"), behind)
}

#[test]
fn a_row_for_every_place_is_one_of_classes_where_something_says_so() {
    let said = map(vec![node("Identity", &["z"], "y")]).unwrap_err();
    assert!(said.to_string().contains("nothing says that its values are classes"), "{said}");
    let chosen = || with(node("ArgMax", &["z"], "y"), "axis", Attribute::Int(1));
    let flat = || with(chosen(), "keepdims", Attribute::Int(0));
    let link = with(node("Softmax", &["z"], "y"), "axis", Attribute::Int(1));
    for behind in [chosen(), flat(), link] {
        assert_eq!(map(vec![behind]).unwrap().head.position, Position::PerPlace(Place::Pixel));
    }
    let (_folder, artifact) = opened(&graph(vec![node("Conv", &["x", "K"], "y")], CONSTANTS), &[]);
    for hints in [Hints { classes: Some(3), ..Hints::default() }, Hints::naming(&["K".to_owned()])] {
        let cut = locate(&artifact, &hints).unwrap();
        assert_eq!(cut.head.position, Position::PerPlace(Place::Pixel));
    }
}

#[test]
fn maps_of_logits_are_resized_by_weights_that_are_not_negative() {
    let best = || with(node("ArgMax", &["r"], "y"), "axis", Attribute::Int(1));
    let text = |value: &str| Attribute::String(value.into());
    let resized =
        |from: &str, mode: &str, by: &str| with(node("Resize", &[from, "", "", by], "r"), "mode", text(mode));
    for mode in ["linear", "nearest"] {
        let cut = map(vec![resized("z", mode, "map"), best()]).unwrap();
        assert_eq!(cut.head.position, Position::PerPlace(Place::Pixel), "{mode}");
        let counts = |site: &Site| matches!(site, Site::Extent { input: 3, position: 1, .. });
        assert!(cut.head.sites.iter().any(counts), "the class count is in the sizes: {:?}", cut.head.sites);
    }
    let as_before = vec![
        node("Shape", &["z"], "s"),
        node("Slice", &["s", "starts", "ends"], "e"),
        with(node("Concat", &["starts", "ends"], "sides_joined"), "axis", Attribute::Int(0)),
        with(node("Cast", &["sides_joined"], "c"), "to", Attribute::Int(7)),
        with(node("Concat", &["e", "c"], "t"), "axis", Attribute::Int(0)),
        resized("z", "linear", "t"),
        best(),
    ];
    assert!(map(as_before).is_ok(), "the first two extents are those of the logits");
    let said = |behind: Vec<Node>| map(behind).unwrap_err().to_string();
    assert!(said(vec![resized("z", "cubic", "map"), best()]).contains("mode `cubic`"));
    assert!(said(vec![resized("z", "linear", "other_map"), best()]).contains("resizes the class axis"));
    let cropped =
        with(resized("z", "linear", "map"), "coordinate_transformation_mode", text("tf_crop_and_resize"));
    assert!(said(vec![cropped, best()]).contains("tf_crop_and_resize"));
    // One place where a class has all but all others, and another the other way round: in the mean of rates a third
    // class can be in front. In that of shares of a whole it cannot.
    let behind = |link: &str| {
        vec![with(node(link, &["z"], "p"), "axis", Attribute::Int(1)), resized("p", "linear", "map"), best()]
    };
    assert!(map(behind("Softmax")).is_ok());
    let rates = vec![node("Sigmoid", &["z"], "p"), resized("p", "linear", "map"), best()];
    assert!(said(rates).contains("may be in front of the mean"));
    let rates = vec![node("Sigmoid", &["z"], "p"), resized("p", "nearest", "map"), best()];
    assert!(map(rates).is_ok());
}

#[test]
fn a_plain_head_decides_for_the_whole_input() {
    assert_eq!(found(vec![node("Identity", &["z"], "y")]).unwrap().head.position, Position::Whole);
}

#[test]
fn the_class_axis_is_followed_through_changes_of_shape() {
    let extents = |cut: &Cut| {
        let sites = cut.head.sites.iter();
        sites.filter(|site| matches!(site, Site::Extent { position: 1, .. })).count()
    };
    let cut = found(vec![node("Reshape", &["z", "rows"], "y")]).unwrap();
    assert_eq!(extents(&cut), 1, "{:?}", cut.head.sites);
    let there = with(node("Unsqueeze", &["z"], "a"), "axes", ints(&[-1]));
    let back = |axis| with(node("Squeeze", &["a"], "b"), "axes", ints(&[axis]));
    let link = |axis| with(node("Softmax", &["b"], "y"), "axis", Attribute::Int(axis));
    assert!(found(vec![there.clone(), back(-1), link(-1)]).is_ok());
    let turned = with(node("Transpose", &["z"], "b"), "perm", ints(&[1, 0]));
    assert!(found(vec![turned.clone(), link(0)]).is_ok_and(|cut| cut.head.link == Link::Softmax));
    let said = refusal(vec![turned, link(1)]);
    assert!(said.contains("does not run over the classes"), "{said}");
}

#[test]
fn classes_are_not_picked_from() {
    let said = refusal(vec![node("Slice", &["z", "starts", "ends", "last"], "y")]);
    assert!(said.contains("picks among the classes"), "{said}");
    let along = with(node("Gather", &["z", "ends"], "y"), "axis", Attribute::Int(-1));
    assert!(refusal(vec![along]).contains("picks among the classes"));
}

#[test]
fn a_reduction_over_an_empty_list_of_axes_is_refused() {
    let said = refusal(vec![node("ReduceMean", &["z", "none"], "y")]);
    assert!(said.contains("reduces all axes"), "{said}");
}

#[test]
fn what_the_table_does_not_know_is_refused_behind_a_head_by_name() {
    let said = refusal(vec![node("Sharpen", &["z"], "y")]);
    assert!(said.contains("`Sharpen` (`y`)") && said.contains("an operator that is not known"), "{said}");
    let foreign = Node { domain: "org.example".into(), ..node("Softmax", &["z"], "y") };
    let said = refusal(vec![foreign]);
    assert!(said.contains("an operator of `org.example` that is not known"), "{said}");
    let said = refusal(vec![with(node("Softmax", &["z"], "y"), "temperature", Attribute::Float(2.0))]);
    assert!(said.contains("an attribute `temperature` that is not known"), "{said}");
    let said = refusal(vec![node("Relu", &["z", "one"], "y")]);
    assert!(said.contains("a number of operands that is not known: 2"), "{said}");
    // The head itself is no exception.
    let scaled = with(node("MatMul", &["x", "W"], "y"), "alpha", Attribute::Float(2.0));
    let said = located(&graph(vec![scaled], CONSTANTS)).unwrap_err().to_string();
    assert!(said.contains("cannot be a head: it has an attribute `alpha`"), "{said}");
}

#[test]
fn what_the_table_does_not_know_is_no_matter_in_front_of_a_head() {
    let before = with(node("Sharpen", &["x"], "h"), "by", Attribute::Float(2.0));
    let cut = located(&graph(vec![before, node("MatMul", &["h", "W"], "y")], CONSTANTS)).unwrap();
    assert_eq!(cut.head.branches[0].embedding, "h");
    assert!(cut.bound.is_none());
}

/// A weight that a shape of two numbers makes, and many operators behind it: each would keep numbers for every
/// class.
#[test]
fn many_classes_times_many_operators_are_refused() {
    let factors = |count: usize| {
        let name = |at: usize| if at == count { "y".to_owned() } else { format!("z{at}") };
        let made = node("ConstantOfShape", &["shape"], "V");
        let head = node("MatMul", &["x", "V"], "z0");
        let factor = |at: usize| node("Mul", &[&name(at - 1), "one"], &name(at));
        let nodes = [made, head].into_iter().chain((1..=count).map(factor)).collect();
        let (_folder, artifact) = opened(&graph(nodes, &[("one", &[1])]), &[("shape", &[1, 1 << 20])]);
        locate(&artifact, &Hints::default())
    };
    assert_eq!(factors(10).unwrap().head.classes, 1 << 20);
    let said = factors(1500).unwrap_err().to_string();
    assert!(said.contains("takes more than 67108864 numbers to follow"), "{said}");
}

/// `z` with a bias, so that a sealed class is thirty nats deep.
fn biased() -> Node {
    node("Add", &["z0", "each"], "z")
}

fn open(behind: Vec<Node>) -> Option<Open> {
    let head = vec![node("MatMul", &["x", "W"], "z0"), biased()];
    located(&graph([head, behind].concat(), CONSTANTS)).unwrap().head.open
}

fn argmax(from: &str) -> Node {
    with(node("ArgMax", &[from], "y"), "axis", Attribute::Int(-1))
}

fn table(name: &str) -> Vec<Node> {
    let index = with(node("ArgMax", &["z"], "i"), "axis", Attribute::Int(-1));
    vec![index, node("Gather", &[name, "i"], "y")]
}

#[test]
fn an_index_is_told_only_of_numbers_that_keep_apart_what_the_logits_do() {
    assert_eq!(open(vec![argmax("z")]), None);
    assert_eq!(open(vec![node("Softmax", &["z"], "p"), argmax("p")]), None);
    for merges in ["Sigmoid", "HardSigmoid", "Relu"] {
        let behind = vec![node(merges, &["z"], "p"), argmax("p")];
        assert_eq!(open(behind), Some(Open::FirstOfEquals), "{merges}");
    }
    let half = with(node("Cast", &["z"], "p"), "to", Attribute::Int(10));
    assert_eq!(open(vec![half, argmax("p")]), Some(Open::FirstOfEquals));
    let level = located(&graph(vec![node("MatMul", &["x", "W"], "z"), argmax("z")], CONSTANTS));
    assert!(matches!(level.unwrap().head.open, Some(Open::Elsewhere(_))), "without a bias rounding decides");
}

#[test]
fn shares_of_independent_rates_keep_a_slot_only_where_it_has_a_distance() {
    let shares = with(node("LpNormalization", &["p"], "y"), "p", Attribute::Int(1));
    let shares = || vec![node("Sigmoid", &["z"], "p"), shares.clone()];
    assert_eq!(open(shares()), None);
    let level = graph([vec![node("MatMul", &["x", "W"], "z")], shares()].concat(), CONSTANTS);
    let said = located(&level).unwrap().head.open;
    assert!(matches!(&said, Some(Open::Elsewhere(why)) if why.contains("all rates are near 0")), "{said:?}");
}

#[test]
fn a_table_behind_the_index_gives_no_class_another_ones_number() {
    assert_eq!(open(table("names")), None);
    assert!(
        matches!(open(table("turned")), Some(Open::Elsewhere(said)) if said.contains("other classes' indices"))
    );
    let said = refusal(vec![
        with(node("ArgMax", &["z"], "i"), "axis", Attribute::Int(-1)),
        node("Sub", &["i", "one"], "y"),
    ]);
    assert!(said.contains("computes with the index of the best class"), "{said}");
}

#[test]
fn a_bound_or_a_factor_that_single_precision_does_not_bear_is_refused() {
    let top = with(node("ReduceMax", &["z"], "m"), "axes", ints(&[-1]));
    let summed = |guard: Node| {
        vec![
            top.clone(),
            node("Sub", &["z", "m"], "c"),
            node("Exp", &["c"], "e"),
            with(node("ReduceSum", &["e"], "s"), "axes", ints(&[-1])),
            guard,
            node("Div", &["e", "t"], "y"),
        ]
    };
    assert!(found(summed(node("Add", &["s", "one"], "t"))).is_ok());
    let said = refusal(summed(node("Sub", &["s", "one"], "t")));
    assert!(said.contains("changes the order of the classes"), "{said}");
    // One number per row that stands elsewhere than the classes meets other rows.
    let flat = with(top, "keepdims", Attribute::Int(0));
    let said = refusal(vec![flat.clone(), node("Sub", &["z", "m"], "y")]);
    assert!(said.contains("does not stand beside its own row"), "{said}");
}

#[test]
fn what_may_be_in_training_or_is_no_float_is_refused() {
    let mode = |mode: &str| refusal(vec![node("Dropout", &["z", "", mode], "y")]);
    assert!(mode("yes").contains("it is in training mode, or may be"));
    for to in [2, 3, 6, 7, 9] {
        let said = refusal(vec![with(node("Cast", &["z"], "y"), "to", Attribute::Int(to))]);
        assert!(said.contains("a type that does not hold them"), "{said}");
    }
    let index = || with(node("ArgMax", &["z"], "i"), "axis", Attribute::Int(-1));
    assert!(found(vec![index(), with(node("Cast", &["i"], "y"), "to", Attribute::Int(1))]).is_ok());
}

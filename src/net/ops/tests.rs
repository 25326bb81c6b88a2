use std::collections::BTreeSet;

use declass_formats::onnx::Attribute;

use super::*;

fn node(domain: &str, op: &str, inputs: &[&str], attributes: &[(&str, Attribute)]) -> Node {
    Node {
        domain: domain.into(),
        op_type: op.into(),
        inputs: inputs.iter().map(|name| (*name).into()).collect(),
        attributes: attributes.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect(),
        ..Node::default()
    }
}

fn unknown(node: &Node) -> Option<Unknown> {
    Op::parse(node, &Graph::default()).known().err().cloned()
}

#[test]
fn every_operator_stands_once_and_in_order() {
    let all = || FAMILIES.iter().flat_map(|family| family.iter());
    assert_eq!(OPERATORS.len(), all().count(), "an operator has two entries");
    for family in FAMILIES {
        assert!(family.is_sorted_by_key(|operator| operator.name), "{:?}", family[0].name);
    }
    for operator in all() {
        let names: BTreeSet<&str> = operator.attributes.iter().map(|attribute| attribute.name()).collect();
        assert_eq!(names.len(), operator.attributes.len(), "{}", operator.name);
        assert!(operator.least <= operator.most, "{}", operator.name);
        assert!(operator.control.iter().all(|operand| *operand < operator.most), "{}", operator.name);
    }
}

#[test]
fn a_name_means_something_in_its_own_set_only() {
    assert_eq!(unknown(&node("", "Relu", &["x"], &[])), None);
    assert_eq!(unknown(&node("ai.onnx", "Relu", &["x"], &[])), None);
    assert_eq!(unknown(&node("", "Rélu", &["x"], &[])), Some(Unknown::Operator));
    assert_eq!(unknown(&node("", "FusedMatMul", &["x", "W"], &[])), Some(Unknown::Operator));
    assert_eq!(unknown(&node("com.microsoft", "FusedMatMul", &["x", "W"], &[])), None);
    let foreign = node("com.microsoft", "Relu", &["x"], &[]);
    assert_eq!(unknown(&foreign), Some(Unknown::Foreign("com.microsoft".into())));
    assert_eq!(unknown(&node("x", "Relu", &["x"], &[])), Some(Unknown::Foreign("x".into())));
}

#[test]
fn attributes_that_an_entry_does_not_account_for_make_a_use_unknown() {
    let softmax = |name, value| unknown(&node("", "Softmax", &["x"], &[(name, value)]));
    assert_eq!(softmax("axis", Attribute::Int(1)), None);
    assert_eq!(softmax("axis", Attribute::Float(1.0)), Some(Unknown::Attribute("axis".into())));
    assert_eq!(softmax("temperature", Attribute::Float(1.0)), Some(Unknown::Attribute("temperature".into())));
    assert_eq!(softmax("consumed_inputs", Attribute::Ints(vec![0])), None);
    let statistics = ["x", "scale", "shift", "mean", "variance"];
    let training = |value| {
        unknown(&node("", "BatchNormalization", &statistics, &[("training_mode", Attribute::Int(value))]))
    };
    assert_eq!((training(0), training(1)), (None, Some(Unknown::Attribute("training_mode".into()))));
}

#[test]
fn so_does_another_number_of_operands() {
    let clip = |inputs: &[&str]| unknown(&node("", "Clip", inputs, &[]));
    assert_eq!(clip(&["x"]), None);
    assert_eq!(clip(&["x", "", "most"]), None);
    assert_eq!(clip(&[]), Some(Unknown::Operands(0)));
    assert_eq!(clip(&["", "least", "most"]), Some(Unknown::Operands(3)));
    assert_eq!(clip(&["x", "least", "most", "more"]), Some(Unknown::Operands(4)));
}

#[test]
fn roles_are_told_by_name_alone() {
    let op = Op::parse(&node("", "Gather", &["x", "i"], &[("new", Attribute::Int(1))]), &Graph::default());
    assert!(op.known().is_err() && op.is_control(1));
    assert_eq!(op.nature(), Nature::LooksUp);
}

#[test]
fn a_call_of_a_function_is_no_operator_whatever_its_name() {
    let call = Node { call: Some("which calls itself"), ..node("", "Softmax", &["x"], &[]) };
    assert_eq!(unknown(&call), Some(Unknown::Call("which calls itself")));
    assert!(Op::parse(&call, &Graph::default()).named().is_none());
}

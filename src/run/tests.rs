//! Graphs that ask for more than there is, and copies of networks.

use std::{collections::HashMap, time::Instant};

use candle_core::{Device, Tensor};
use declass_formats::{Dtype, onnx::Attribute, onnx::Node};

use super::{Fault, Floats, Limits, Network, Run};
use crate::net::{
    Source,
    sample::{graph, node, opened, with},
};

/// What becomes of a graph from `x`, two by two, to `y`.
fn outcome(nodes: Vec<Node>, integers: &[(&str, &[i64])]) -> Result<(), Fault> {
    outcome_within(Limits::default(), nodes, integers)
}

fn outcome_within(limits: Limits, nodes: Vec<Node>, integers: &[(&str, &[i64])]) -> Result<(), Fault> {
    let (_folder, artifact) = opened(&graph(nodes, &[("one", &[1])]), integers);
    let network = Network::new(&artifact, Device::Cpu)?;
    let tensor = Tensor::ones((1, 1, 2, 2), candle_core::DType::F32, &Device::Cpu)?;
    let given = HashMap::from([(network.value("x").unwrap(), Floats { tensor, dtype: Dtype::F32 }.into())]);
    let wanted = [network.value("y").unwrap()];
    network.run(&Run { given: &given, wanted: &wanted, learns: false, limits }).map(|_| ())
}

fn reason(outcome: Result<(), Fault>) -> Fault {
    match outcome.unwrap_err() {
        Fault::At { fault, .. } => *fault,
        fault => fault,
    }
}

const HUGE: i64 = 1 << 40;

#[test]
fn memory_is_not_asked_for_before_its_size_is_known() {
    let memory = Fault::OverBudget("memory");
    let began = Instant::now();
    let one = |op: &str, operands: &[&str], integers: &[(&str, &[i64])]| {
        reason(outcome(vec![node(op, operands, "y")], integers))
    };
    assert_eq!(one("Expand", &["x", "s"], &[("s", &[HUGE, 1, 1, 1])]), memory);
    assert_eq!(one("Expand", &["x", "s"], &[("s", &[0, HUGE, HUGE, 1, 1, 1])]), memory);
    assert_eq!(one("Tile", &["x", "s"], &[("s", &[HUGE, HUGE, HUGE, HUGE])]), memory);
    assert_eq!(one("ConstantOfShape", &["s"], &[("s", &[HUGE])]), memory);
    assert_eq!(one("ConstantOfShape", &["s"], &[("s", &[1; 100])]), memory);
    assert_eq!(one("Range", &["a", "b", "c"], &[("a", &[0]), ("b", &[HUGE]), ("c", &[1])]), memory);
    assert_eq!(one("Pad", &["x", "s"], &[("s", &[HUGE; 8])]), memory);
    assert_eq!(one("Resize", &["x", "", "", "s"], &[("s", &[1, 1, HUGE, HUGE])]), memory);
    assert_eq!(one("Reshape", &["e", "s"], &[("e", &[]), ("s", &[0, HUGE, HUGE])]), memory);
    assert_eq!(one("OneHot", &["i", "d", "v"], &[("i", &[1]), ("d", &[HUGE]), ("v", &[0, 1])]), memory);
    let wide = |name, values: &[i64]| {
        let conv = with(node("Conv", &["x", "w"], "y"), name, Attribute::Ints(values.to_vec()));
        let shape = with(node("ConstantOfShape", &["s"], "w"), "ignored", Attribute::Int(0));
        outcome(vec![Node { attributes: [].into(), ..shape }, conv], &[("s", &[1, 1, 1, 1])])
    };
    assert_eq!(reason(wide("pads", &[1 << 20; 4])), memory);
    assert!(wide("pads", &[i64::MAX; 4]).is_err());
    assert!(wide("strides", &[0, 1]).is_err());
    assert!(began.elapsed().as_secs() < 20, "refusing takes no time");
}

#[test]
fn windows_and_parts_beyond_reason_are_refused() {
    let pool = |values: &[i64]| {
        let pool = with(node("MaxPool", &["x"], "y"), "kernel_shape", Attribute::Ints(values.to_vec()));
        outcome(vec![with(pool, "ceil_mode", Attribute::Int(1))], &[])
    };
    assert!(pool(&[i64::MAX, i64::MAX]).is_err());
    assert!(pool(&[1 << 24, 1 << 24]).is_err());
    assert!(pool(&[2, 2]).is_ok());
    let split = with(node("Split", &["x"], "y"), "num_outputs", Attribute::Int(i64::MAX));
    assert!(outcome(vec![split], &[]).is_err());
    let axes = vec![0; 1 << 20];
    assert!(outcome(vec![node("Unsqueeze", &["x", "s"], "y")], &[("s", &axes)]).is_err());
}

#[test]
fn work_is_bounded_over_a_whole_run() {
    let chain = |count: usize| -> Vec<Node> {
        let name = |at: usize| if at == count { "y".to_owned() } else { format!("v{at}") };
        let first = node("Expand", &["x", "s"], "v0");
        let rest = (0..count).map(|at| node("MatMul", &[&name(at), &name(at)], &name(at + 1)));
        std::iter::once(first).chain(rest).collect()
    };
    let shape: &[(&str, &[i64])] = &[("s", &[64, 1, 2, 2])];
    let limits = Limits { work: 20_000, ..Limits::default() };
    assert_eq!(outcome_within(limits, chain(1), shape), Ok(()));
    assert_eq!(reason(outcome_within(limits, chain(50), shape)), Fault::OverBudget("work"));
    // What is dropped on the way makes room again; what is kept does not.
    let limits = Limits { elements: 1000, ..Limits::default() };
    assert_eq!(outcome_within(limits, chain(50), shape), Ok(()));
    assert_eq!(
        reason(outcome_within(Limits { elements: 300, ..limits }, chain(2), shape)),
        Fault::OverBudget("memory")
    );
}

#[test]
fn what_is_not_run_is_refused_before_anything_runs() {
    let random = node("RandomUniformLike", &["x"], "y");
    assert_eq!(reason(outcome(vec![random], &[])), Fault::Random);
    let unknown = vec![node("Expand", &["x", "s"], "v"), node("Loop", &["v"], "y")];
    let fault = outcome(unknown, &[("s", &[HUGE])]).unwrap_err();
    assert!(fault.to_string().contains("(Loop)"), "{fault}");
}

#[test]
fn a_copy_shares_what_has_the_same_bytes_and_nothing_else() {
    let nodes = || {
        let scale = with(node("Cast", &["s"], "scale"), "to", Attribute::Int(1));
        let turned = node("Transpose", &["w"], "turned");
        vec![scale, turned, node("MatMul", &["x", "turned"], "v"), node("Mul", &["v", "scale"], "y")]
    };
    let open = |scale: i64| opened(&graph(nodes(), &[("w", &[2, 2])]), &[("s", &[scale])]);
    let ((_a, original), (_b, copy)) = (open(2), open(3));
    let network = Network::new(&original, Device::Cpu).unwrap();
    let tensor = Tensor::ones((1, 1, 2, 2), candle_core::DType::F32, &Device::Cpu).unwrap();
    let of = |network: &Network<'_>| {
        let x = Floats { tensor: tensor.clone(), dtype: Dtype::F32 };
        let given = HashMap::from([(network.value("x").unwrap(), x.into())]);
        let wanted = ["turned", "scale", "y"].map(|name| network.value(name).unwrap());
        let run = Run { given: &given, wanted: &wanted, learns: false, limits: Limits::default() };
        network
            .run(&run)
            .unwrap()
            .iter()
            .map(|value| value.floats().unwrap().tensor.clone())
            .collect::<Vec<_>>()
    };
    let first = of(&network);
    let beside = network.beside(Source::of(&copy).unwrap()).unwrap();
    let second = of(&beside);
    assert_eq!(first[0].id(), second[0].id(), "what is made of equal weights alone is made once");
    assert_ne!(first[1].id(), second[1].id());
    let sum = |tensor: &Tensor| tensor.sum_all().unwrap().to_scalar::<f32>().unwrap();
    assert_eq!(sum(&second[2]), 1.5 * sum(&first[2]));
}

import nbformat.v4 as v4

from cnn_utils.grading.dependents import needs_an_answer


def waits(*sources, **tasks):
    cells = [
        v4.new_code_cell(source, metadata=tasks.get(f"cell{i}", {}))
        for i, source in enumerate(sources)
    ]
    return needs_an_answer(cells)


TASK = {"task": "lenet", "defines": ["build_lenet"]}


def test_a_task_and_what_uses_it_wait():
    sources = ("import keras", "def build_lenet():\n    return 1", "build_lenet()", "keras.x")
    assert waits(*sources, cell1=TASK) == [False, True, True, False]


def test_what_a_waiting_cell_defines_is_missing_too():
    sources = ("def build_lenet(): ...", "a = build_lenet()", "b = [a for _ in '']", "c = 1", "b")
    assert waits(*sources, cell0=TASK) == [True, True, True, False, True]


def test_what_only_the_solution_defines_is_missing_too():
    assert waits("seconds = 1", "print(seconds)", cell0={"task": "train"}) == [True, True]


def test_names_within_functions_are_their_own():
    sources = ("def build_lenet():\n    model = 1\n    return model", "model = 2", "model")
    assert waits(*sources, cell0=TASK) == [True, False, False]


def test_a_use_within_a_function_counts():
    assert waits("def build_lenet(): ...", "def f():\n    return build_lenet()", cell0=TASK) == [
        True,
        True,
    ]


def test_imports_in_a_solution_are_missing_too():
    sources = ("import math as m\nx = m.pi", "m.e", "math = 1")
    assert waits(*sources, cell0={"task": "a"}) == [True, True, False]

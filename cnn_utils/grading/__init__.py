"""The instructor's side; the student release leaves it out.

Release
    regions.py      find and replace the worked answers between their delimiters
    dependents.py   which cells need an answer to run
    release.py      notebooks and package for students
Before the sandbox (bytes in, plain cells out)
    spec.py         what the worked notebooks say: tasks, points, thresholds
    intake.py       find hand-ins, take the known files
    untrusted.py    a process of its own for reading.py, splice.py, assemble.py
In the sandbox
    sandbox.py      run Python shut off: bubblewrap.py or container.py, within limits.py
    quick_keras.py  Keras' import without what hand-ins don't need
    nbval_grade.py  the pytest plugin that runs a notebook through nbval
    probes.py       calls of the student's functions on hidden inputs
After the sandbox (claims, compared with what is known outside)
    run_part.py     run one notebook, bring back its claims (fetch.py)
    arrays.py       handed-in weights, checked before they are unpacked
    truth.py        labels; LeNet rated in NumPy
    evidence.py     compare
    score.py        points and reasons
All together
    prepare.py      what all hand-ins of a batch share
    grade_one.py    any bytes in, one row out
    batch.py        a folder, in parallel, resumable; cluster.py: by Dask's workers
Results
    results.py      all of them, in their order
    to_mark.py      the texts that a person marks, as an anonymous sheet
    copies.py       who handed in much the same
    gradebook.py    the table (spreadsheets.py reads and writes tables)
    report.py       what each student is told
    class_report.py the class at a glance (pages.py fills the templates *.html.j2)
    lms.py          points for Canvas and Moodle
    leaderboard.py  submissions, ranked between the baselines
    commands.py     the command line
"""

"""The instructor's side; the student release leaves it out.

release/   student_release  notebooks and package for students (student_files/: README, Makefile)
           pairing          read the worked notebooks; keep their .py and .ipynb alike
           metadata         validate the metadata of their cells
           regions          find and replace the worked answers between their delimiters
intake/    assignment       tasks, points and thresholds of the worked notebooks
           submissions      find whose files are handed in: people, groups, later uploads
           platforms        names that learning platforms give to files
           archives         list and read files in untrusted folders and zips
           recognition      which of the files are the assignment's, by their contents
           splice           find a student's answers and helper cells
           assemble         build the notebook that is run
sandbox/   prepare          what all hand-ins of a batch share
           untrusted        a separate process for reader, splice and assemble
           run_part         run a hand-in's notebooks, read their claims
           sandbox          run Python in bubblewrap or container, within limits
           nbval_grade      pytest plugin that runs notebooks in the sandbox
           without_training `fit` takes the handed-in weights and history there
           quick_keras      faster import of Keras in the sandbox
           sandbox_output   read the files that a hand-in left
verify/    hidden_tests     hidden inputs for the student's functions; the author's tests
           weights_file     handed-in weights, checked before they are unpacked
           reference_data   test images and labels; LeNet rated in NumPy
           compare          compare claims with results computed outside the sandbox
           score            points and reasons
results/   write            all of the following
           manual_grading   the texts that a person marks, as an anonymous sheet
           similarity       similar hand-ins
           gradebook        the table of points
           report           a page for each student, and Gradescope's results.json
           class_report     an overview of the class
           lms              points for Canvas and Moodle
           leaderboard      submissions, ranked with the baselines
           spreadsheets     read and write CSV files
           pages            fill the templates *.html.j2
grade_one  grade one hand-in
batch      grade a folder, parallel and resumable; cluster: on the workers of Dask
commands   the command line
"""

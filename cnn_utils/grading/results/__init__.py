"""Write the gradebook, the reports, the texts to mark and the exports of a graded batch."""

"""Other systems' ticket logs as histories: read and folded, without a database.

`profile` says what a file's columns and values mean, `reading` streams the file and
brings a ticket's rows together, `rows` turns cells into values, `folding` makes one
history of a ticket's rows. Writing them is `snags.services.importing`.
"""

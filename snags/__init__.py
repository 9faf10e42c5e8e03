"""What is wrong, who has the ball, and whether the promise was kept.

Tables: GoLive, Snaglist, BusinessProcess, Snag with its Handovers, Pauses, Clocks
(their events and revisions), comments, files, timeline and effort; daily rollups;
import profiles. Verbs live in `snags.services`; the moves between states in
`snags.moves`; every figure a manager sees is defined in `snags.figures`.
"""

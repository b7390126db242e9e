// Every sentence behind the relations between two concepts, in either direction, the surest first.
//
// in   from: concept             one concept
// in   to: concept               the other
// out  relation: string          type of the relation
// out  forward: boolean          whether it points from the first to the second
// out  paper: string             id of the paper
// out  title: string             its title
// out  field: string             title or abstract
// out  start: integer            where the sentence starts in that field
// out  end: integer              where it ends, exclusive
// out  sentence: string          the sentence
// out  confidence: float         how sure this one statement is, in [0, 1]
MATCH (a:Concept {id: $from})-[r]-(b:Concept {id: $to})
UNWIND range(0, size(r.sentences) - 1) AS i
WITH r, i, r.paper_ids[i] AS paper_id
MATCH (p:Paper {id: paper_id})
RETURN type(r) AS relation, startNode(r).id = $from AS forward, p.id AS paper, p.title AS title,
       r.fields[i] AS field, r.starts[i] AS start, r.ends[i] AS end, r.sentences[i] AS sentence,
       r.confidences[i] AS confidence
ORDER BY confidence DESC, relation, forward DESC, paper, field, start, end

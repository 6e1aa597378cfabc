// SPDX-License-Identifier: BSD-2-Clause
// Copyright (c) 2026 The cardbridge authors

import java.util.List;
import javax.smartcardio.Card;
import javax.smartcardio.CardTerminal;
import javax.smartcardio.CardTerminals;
import javax.smartcardio.CommandAPDU;
import javax.smartcardio.TerminalFactory;

/** A Java program with a card: java Terminals.java. */
class Terminals {
	public static void main(String[] args) throws Exception {
		CardTerminals all = TerminalFactory.getDefault().terminals();
		CardTerminal t = all.list().get(0);
		System.out.println(t.getName());
		System.out.println("present " + t.isCardPresent());
		Card card = t.connect("*");
		System.out.println(card.getProtocol());
		card.beginExclusive();
		System.out.printf("%04X%n", card.getBasicChannel().transmit(
			new CommandAPDU(0x00, 0xA4, 0x04, 0x0C)).getSW());
		card.endExclusive();
		card.disconnect(true);
		System.out.println("waiting");
		System.out.println("absent " + t.waitForCardAbsent(20000));
		System.out.println("present " + t.waitForCardPresent(20000));
	}
}
